using Cairn.Infra.Blob;
using Cairn.Primitives;

namespace Cairn.Infra.Tests.Blob;

public sealed class AzureStorageOptionsTests
{
    private const string Secret = "c2VjcmV0c2VjcmV0";

    private static readonly AzureStorageOptions Valid = new() { ConnectionString = "UseDevelopmentStorage=true", CacheFolder = "cache" };

    [Fact]
    public void CreateClient_WhenTheEmulatorIsMeant_UsesItsWellKnownPort() =>
        Assert.Equal(new Uri("http://127.0.0.1:10000/devstoreaccount1/cairn"), Valid.CreateClient(new()).Uri);

    [Fact]
    public void CreateClient_WhenAConnectionStringNamesAnAccount_UsesIt()
    {
        const string Account = $"DefaultEndpointsProtocol=https;AccountName=mine;AccountKey={Secret};EndpointSuffix=core.windows.net";
        var options = Valid with { ConnectionString = Account, ContainerName = "a-b" };

        Assert.Equal(new Uri("https://mine.blob.core.windows.net/a-b"), options.CreateClient(new()).Uri);
    }

    [Fact]
    public void CreateClient_WhenAnAccountIsNamed_UsesIt()
    {
        var options = Valid with { ConnectionString = null, AccountName = "mine" };

        Assert.Equal(new Uri("https://mine.blob.core.windows.net/cairn"), options.CreateClient(new()).Uri);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("UseDevelopmentStorage=true", "mine")]
    [InlineData("", null)]
    [InlineData("nonsense", null)]
    [InlineData("AccountName=mine", null)]
    [InlineData("AccountKey=" + Secret, null)]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=mine;AccountKey=" + Secret + "!;EndpointSuffix=core.windows.net", null)]
    public void CreateClient_WhenTheConnectionStringIsWrong_SaysSoAndKeepsSecrets(string? connectionString, string? accountName) =>
        Refused(Valid with { ConnectionString = connectionString, AccountName = accountName }, nameof(AzureStorageOptions.ConnectionString));

    [Theory]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("Mine")]
    [InlineData("my-account")]
    [InlineData("mine.blob.core.windows.net")]
    [InlineData("abcdefghijklmnopqrstuvwxy")]
    public void CreateClient_WhenTheAccountIsNone_SaysSo(string accountName) =>
        Refused(Valid with { ConnectionString = null, AccountName = accountName }, nameof(AzureStorageOptions.AccountName));

    [Theory]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("-ab")]
    [InlineData("ab-")]
    [InlineData("a--b")]
    [InlineData("a_b")]
    [InlineData("Cairn")]
    public void CreateClient_WhenTheContainerIsNone_SaysSo(string container) =>
        Refused(Valid with { ContainerName = container }, nameof(AzureStorageOptions.ContainerName));

    [Fact]
    public void CreateClient_WhenTheCacheHasNoRoom_SaysSo()
    {
        Refused(Valid with { CacheFolder = "" }, nameof(AzureStorageOptions.CacheFolder));
        Refused(Valid with { CacheLimitBytes = 0 }, nameof(AzureStorageOptions.CacheLimitBytes));
    }

    private static void Refused(AzureStorageOptions options, string field)
    {
        var failure = Assert.Throws<CairnException>(() => options.CreateClient(new()));

        Assert.Equal((ErrorKind.Invalid, field), (failure.Kind, failure.Field));
        Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
    }
}
