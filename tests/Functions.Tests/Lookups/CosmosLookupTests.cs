using Cairn.Functions.Hosting;
using Cairn.Infra.Cosmos;
using Cairn.Infra.Tests.Cosmos;
using Cairn.Infra.Tests.Cosmos.StandIn;
using Cairn.Storage.Lookups;

namespace Cairn.Functions.Tests.Lookups;

/// <summary>Over the real client, and the stand-in behind a loopback port.</summary>
public sealed class CosmosLookupTests : LookupTests
{
    private readonly StandInServer _account = new(new(TimeProvider.System));

    static CosmosLookupTests() => CosmosClients.Prepare();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _account.DisposeAsync();
    }

    protected override ILookupsIndex NewIndex() =>
        CosmosLookupsIndex.Open(Settings.Read(null, "folder", name => name == LookupsSettings.Account ? _account.ConnectionString : null).Lookups!, TimeProvider.System);

    [Theory]
    [InlineData("https://mine.documents.azure.com", "https://mine.documents.azure.com/", null)]
    [InlineData("AccountEndpoint=https://mine.documents.azure.com/;AccountKey=eA==", null, "AccountEndpoint=https://mine.documents.azure.com/;AccountKey=eA==")]
    public void Read_WhenAnAccountIsNamed_TakesIt(string value, string? address, string? connection)
    {
        var options = Settings.Read(null, null, name => name == "CAIRN_COSMOS" ? value : name == "CAIRN_COSMOS_CONTAINER" ? "mine" : null).Lookups!;

        Assert.Equal((address, connection, "cairn", "mine"), (options.Endpoint?.AbsoluteUri, options.ConnectionString, options.DatabaseName, options.ContainerName));
    }

    [Theory]
    [InlineData("mine")]
    [InlineData("http://mine.documents.azure.com")]
    [InlineData("AccountEndpoint=;AccountKey=")]
    public void Open_WhenTheAccountIsWrong_NamesTheSetting(string value)
    {
        var failure = Assert.Throws<StartFailure>(() => LookupsSettings.Open(Settings.Read(null, null, name => name == "CAIRN_COSMOS" ? value : null)));

        Assert.StartsWith("CAIRN_COSMOS", failure.Message, StringComparison.Ordinal);
    }
}
