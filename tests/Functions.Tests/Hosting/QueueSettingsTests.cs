using Cairn.Functions.Hosting;

namespace Cairn.Functions.Tests.Hosting;

/// <summary>Which account's queues are read: that of the blobs, or none.</summary>
public sealed class QueueSettingsTests
{
    private static ServerOptions Read(string? data, params (string Name, string Value)[] settings) =>
        Settings.Read(null, data, name => settings.Where(each => each.Name == name).Select(each => each.Value).FirstOrDefault());

    [Theory]
    [InlineData("AzureWebJobsStorage", "mine", "https://mine.queue.core.windows.net/")]
    [InlineData("AzureWebJobsStorage__accountName", "mine", "https://mine.queue.core.windows.net/")]
    public void Read_WhenAnAccountIsNamed_TakesItsQueues(string name, string value, string address) =>
        Assert.Equal(new(address), Read(null, (name, value)).AzureQueues!.ServiceUri);

    [Fact]
    public void Read_WhenBothServicesAreNamed_TakesBoth() => Assert.Equal(
        new("https://q.example/"),
        Read(null, ("AzureWebJobsStorage__blobServiceUri", "https://b.example"), ("AzureWebJobsStorage__queueServiceUri", "https://q.example")).AzureQueues!.ServiceUri);

    [Theory]
    [InlineData("UseDevelopmentStorage=true", true)]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=mine;AccountKey=eA==;EndpointSuffix=core.windows.net", true)]
    [InlineData("BlobEndpoint=https://b.example;SharedAccessSignature=sv=1", false)]
    [InlineData("BlobEndpoint=https://b.example;QueueEndpoint=https://q.example;SharedAccessSignature=sv=1", true)]
    public void Read_WhenAConnectionStringIsSet_TakesTheQueuesThatItNames(string connection, bool hasQueues) =>
        Assert.Equal(hasQueues ? connection : null, Read(null, ("AzureWebJobsStorage", connection)).AzureQueues?.ConnectionString);

    [Fact]
    public void Read_WithoutAnAccountOrWithAFolder_ReadsNoQueues()
    {
        Assert.Null(Read(null).AzureQueues);
        Assert.Null(Read("folder", ("AzureWebJobsStorage", "UseDevelopmentStorage=true")).AzureQueues);
        Assert.Null(Read(null, ("AzureWebJobsStorage__blobServiceUri", "https://b.example")).AzureQueues);
        Assert.Null(ServerQueues.Open(new()));
    }
}
