using System.Net;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Routing;

/// <summary>Ids in paths, as bytes on the wire: libraries would tidy them up.</summary>
public sealed class RawTargetTests : ServerTests
{
    private string _space = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _space = await NewGraphAsync(
            Put("a/b"), Put("a%2Fb"), Put("ü"), Put("..."), Put("a b"), Put("a+b"), Put("?"), Put("#"), Put("neighbors"), Put("a\\\\b"), Put("~x"));
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%2fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("%C3%BC", "ü")]
    [InlineData("...", "...")]
    [InlineData("a%20b", "a b")]
    [InlineData("a+b", "a+b")]
    [InlineData("a%2Bb", "a+b")]
    [InlineData("%3F", "?")]
    [InlineData("%23", "#")]
    [InlineData("neighbors", "neighbors")]
    [InlineData("a\\b", "a\\b")]
    [InlineData("%7Ex", "~x")]
    public async Task Id_WhenEncoded_IsDecodedOnce(string segment, string id)
    {
        var reply = (await RawHttp.SendAsync(Server.Address, "GET", $"{_space}/concepts/{segment}")).Require(HttpStatusCode.OK);

        Assert.Equal(id, reply.Member("id"));
    }

    [Theory]
    [InlineData("u%CC%88")]
    [InlineData("A%2FB")]
    public async Task Id_WhenOnlyAlike_IsAnother(string segment) =>
        (await RawHttp.SendAsync(Server.Address, "GET", $"{_space}/concepts/{segment}")).RequireProblem(404, "unknown-concept");

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("%2E")]
    [InlineData("%2e%2E")]
    [InlineData("")]
    [InlineData("%01")]
    [InlineData("a%0Ab")]
    [InlineData("%7F")]
    [InlineData("%C2%85")]
    [InlineData("%ED%A0%80")]
    [InlineData("%FF")]
    [InlineData("%C3")]
    [InlineData("%")]
    [InlineData("a%2")]
    [InlineData("a%zz")]
    public async Task Id_WhenItMayNotBe_IsInvalid(string segment)
    {
        foreach (var method in new[] { "GET", "DELETE" })
        {
            var reply = (await RawHttp.SendAsync(Server.Address, method, $"{_space}/concepts/{segment}")).RequireProblem(400, "invalid");
            Assert.Equal("id", reply.Member("parameter"));
        }

        (await RawHttp.SendAsync(Server.Address, "PUT", $"{_space}/concepts/{segment}", "{}")).RequireProblem(400, "invalid");
    }

    [Theory]
    [InlineData("/v1/spaces/%64emo/concepts/a")]
    [InlineData("/%761/spaces")]
    [InlineData("/V1/spaces")]
    [InlineData("//v1/spaces")]
    [InlineData("/v1/spaces/")]
    [InlineData("/v1/../v1/spaces")]
    [InlineData("/v1/a/b/c/d/e/f/g/h/i/j/k/l/m/n")]
    [InlineData("*")]
    public async Task Path_WhenNotAsWritten_LeadsNowhere(string target)
    {
        var reply = await RawHttp.SendAsync(Server.Address, target == "*" ? "OPTIONS" : "GET", target);

        Assert.InRange((int)reply.Status, 400, 405);
    }

    [Fact]
    public async Task Names_AtTheirLongest_FitIntoATarget()
    {
        var (id, type) = (string.Concat(Enumerable.Repeat("%C3%BC", 256)), string.Concat(Enumerable.Repeat("%C3%A9", 64)));
        await Server.PutAsync($"{_space}/concepts/{id}", "{}");

        var path = $"{_space}/associations/{id}/{type}/{id}?key={type}";
        (await RawHttp.SendAsync(Server.Address, "PUT", path, "{}")).Require(HttpStatusCode.Created);
        (await RawHttp.SendAsync(Server.Address, "GET", $"{path}&after={(await Server.GetAsync(_space)).Token}")).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Target_InAbsoluteForm_IsRead() =>
        (await RawHttp.SendAsync(Server.Address, "GET", $"{Server.Address.GetLeftPart(UriPartial.Authority)}{_space}/concepts/a%2Fb")).Require(HttpStatusCode.OK);

    [Fact]
    public async Task Query_WhenEncoded_IsDecodedOnce()
    {
        (await RawHttp.SendAsync(Server.Address, "GET", $"{_space}/concepts/a%2Fb?fields=id%2Clabels&")).Require(HttpStatusCode.OK);
        (await RawHttp.SendAsync(Server.Address, "GET", $"{_space}/concepts/a%2Fb?%66ields=id")).Require(HttpStatusCode.OK);
        (await RawHttp.SendAsync(Server.Address, "GET", $"{_space}/concepts/a%2Fb?fields=%zz")).RequireProblem(400, "invalid");
    }
}
