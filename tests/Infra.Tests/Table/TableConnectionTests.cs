using Cairn.Infra.Table;
using Cairn.Primitives;

namespace Cairn.Infra.Tests.Table;

public sealed class TableConnectionTests
{
    [Theory]
    [InlineData("UseDevelopmentStorage=true", "http://127.0.0.1:10002/devstoreaccount1/")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=mine;AccountKey=AAAA;EndpointSuffix=core.windows.net", "https://mine.table.core.windows.net/")]
    [InlineData("AccountName=mine;AccountKey=AAA=", "https://mine.table.core.windows.net/")]
    [InlineData("BlobEndpoint=https://b/;TableEndpoint=https://t.example;SharedAccessSignature=?sv=1&sig=a%3D", "https://t.example/")]
    public void Text_WhenItNamesTables_GivesTheirAddress(string text, string address)
    {
        Assert.True(TableConnection.NamesTables(text));
        Assert.Equal(address, TableConnection.Of(new() { ConnectionString = text, Owner = "test" }).Address.ToString());
    }

    [Fact]
    public void Text_WhenItNamesOtherServicesOnly_HasNoTables() =>
        Assert.False(TableConnection.NamesTables("AccountName=mine;AccountKey=AAAA;BlobEndpoint=https://b"));

    [Theory]
    [InlineData("")]
    [InlineData("AccountName=mine")]
    [InlineData("AccountName=mine;AccountKey=secret!")]
    [InlineData("AccountName=mine;AccountName=mine;AccountKey=AAAA")]
    [InlineData("TableEndpoint=ftp://t;AccountName=mine;AccountKey=AAAA")]
    [InlineData("TableEndpoint=https://t;AccountKey=AAAA")]
    [InlineData("secret!;=")]
    public void Text_WhenItCannotBeRead_IsInvalidAndNotRepeated(string text)
    {
        var failure = Assert.Throws<CairnException>(() => TableConnection.Of(new() { ConnectionString = text, Owner = "test" }));

        Assert.Equal((ErrorKind.Invalid, nameof(AzureTableOptions.ConnectionString)), (failure.Kind, failure.Field));
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://mine.table.core.windows.net")]
    [InlineData(null)]
    public void Address_WhenATokenWouldTravelOpenly_IsInvalid(string? address) => Assert.Equal(
        ErrorKind.Invalid,
        Assert.Throws<CairnException>(() => TableConnection.Of(new() { ServiceUri = address is null ? null : new(address), Owner = "test" })).Kind);
}
