using System.Net;
using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Hosting;

/// <summary>Keys, and the guard against pages that make a name of their own resolve to this machine.</summary>
public sealed class AccessTests
{
    private const string Key = "a-long-secret";

    [Theory]
    [InlineData("GET", "/v1/spaces")]
    [InlineData("PUT", "/v1/spaces/demo")]
    [InlineData("GET", "/openapi.json")]
    [InlineData("GET", "/nothing")]
    [InlineData("POST", "/health")]
    public async Task Routes_WithoutTheKey_AreUnauthenticated(string method, string path)
    {
        await using var server = await TestServer.StartAsync(options => options with { ApiKey = Key });

        var reply = (await server.SendAsync(method, path)).RequireProblem(401, "unauthenticated");

        Assert.Equal("Bearer", reply.Headers["WWW-Authenticate"]);
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Health_WithoutTheKey_Answers(string path)
    {
        await using var server = await TestServer.StartAsync(options => options with { ApiKey = Key });

        Assert.Equal("ok", (await server.GetAsync(path)).Require(HttpStatusCode.OK).Member("status"));
    }

    [Theory]
    [InlineData("Authorization", "Bearer a-long-secret", 200)]
    [InlineData("Authorization", "bearer a-long-secret", 200)]
    [InlineData("x-api-key", "a-long-secret", 200)]
    [InlineData("Authorization", "Basic a-long-secret", 401)]
    [InlineData("Authorization", "Bearer a-long-secre", 401)]
    [InlineData("x-api-key", "a-long-secret ish", 401)]
    public async Task Key_WhenOffered_IsCompared(string header, string value, int status)
    {
        await using var server = await TestServer.StartAsync(options => options with { ApiKey = Key });

        Assert.Equal(status, (int)(await server.GetAsync("/v1/spaces", (header, value))).Status);
    }

    [Fact]
    public async Task Spaces_WithAKey_AreNotCreatedByAWriteUnlessToldTo()
    {
        await using var server = await TestServer.StartAsync(options => options with { ApiKey = Key });
        await using var creating = await TestServer.StartAsync(options => options with { ApiKey = Key, AutoCreate = true });

        (await server.PutAsync("/v1/spaces/demo/concepts/a", "{}", ("x-api-key", Key))).RequireProblem(404, "unknown-space");
        (await creating.PutAsync("/v1/spaces/demo/concepts/a", "{}", ("x-api-key", Key))).Require(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:99", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("[::1]:7411", 200)]
    [InlineData("evil.example", 403)]
    [InlineData("127.0.0.1.evil.example", 403)]
    [InlineData("127.0.0.2", 403)]
    [InlineData("", 403)]
    public async Task Host_OnLoopback_MustBeOneOfIts(string host, int status)
    {
        await using var server = await TestServer.StartAsync();

        var reply = await RawHttp.SendAsync(server.Address, "GET", "/v1/spaces", host: host);

        Assert.Equal(status, (int)reply.Status);
        if (status == 403)
        {
            Assert.Equal("forbidden", reply.Problem);
        }
    }

    [Theory]
    [InlineData("http://localhost:3000", 200)]
    [InlineData("https://evil.example", 403)]
    [InlineData("null", 403)]
    public async Task Origin_OnLoopback_MustBeOneOfIts(string origin, int status)
    {
        await using var server = await TestServer.StartAsync();

        var reply = await server.GetAsync("/v1/spaces", ("Origin", origin));

        Assert.Equal(status, (int)reply.Status);
        Assert.DoesNotContain(reply.Headers.Keys, name => name.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task AllowedHosts_WhenNamed_Pass()
    {
        await using var server = await TestServer.StartAsync(options => options with { AllowedHosts = ["cairn.example"] });

        Assert.Equal(200, (int)(await RawHttp.SendAsync(server.Address, "GET", "/v1/spaces", host: "cairn.example")).Status);
        Assert.Equal(200, (int)(await RawHttp.SendAsync(server.Address, "GET", "/v1/spaces", host: "localhost")).Status);
        Assert.Equal(403, (int)(await RawHttp.SendAsync(server.Address, "GET", "/v1/spaces", host: "other.example")).Status);
    }

    [Fact]
    public async Task Host_OnAllAddresses_MayBeAny()
    {
        await using var server = await TestServer.StartAsync(options => options with { Urls = ["http://0.0.0.0:0"], ApiKey = Key });
        var address = new Uri($"http://127.0.0.1:{server.Address.Port}");

        Assert.Equal(200, (int)(await RawHttp.SendAsync(address, "GET", "/v1/spaces", headers: $"x-api-key: {Key}\r\n", host: "anything.example")).Status);
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://192.0.2.1:0")]
    [InlineData("http://127.0.0.1:0;http://0.0.0.0:0")]
    public async Task Start_OnAnOpenAddressWithoutAKey_IsRefused(string urls)
    {
        var failure = await Assert.ThrowsAsync<StartFailure>(() => TestServer.StartAsync(options => options with { Urls = urls.Split(';') }));

        Assert.Contains("CAIRN_API_KEY", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BehindTheFunctionsHost_WithoutAKey_OnlyHealthAnswers()
    {
        await using var server = await TestServer.StartAsync(options => options with { IsBehindHost = true });

        (await server.GetAsync("/v1/spaces")).RequireProblem(401, "unauthenticated");
        (await server.GetAsync("/health")).Require(HttpStatusCode.OK);
    }
}
