using System.Text.Json.Nodes;
using Cairn.Domain.Tests;
using Cairn.Infra.Identity;
using Cairn.Primitives;
using Microsoft.AspNetCore.Http;

namespace Cairn.Infra.Tests.Identity;

/// <summary>When the keys of a tenant are asked for, how often, and what holds while it does not answer.</summary>
public sealed class SigningKeysTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private FakeTenant _tenant = null!;
    private EntraTokens _tokens = null!;

    public async ValueTask InitializeAsync()
    {
        _tenant = await FakeTenant.StartAsync();
        _tokens = EntraTokens.Open(new() { Tenant = _tenant.Id, Audiences = [FakeTenant.Audience], Authority = _tenant.Authority }, _time, _tenant.Network);
    }

    public async ValueTask DisposeAsync()
    {
        _tokens.Dispose();
        await _tenant.DisposeAsync();
    }

    [Fact]
    public async Task Keys_WhenManyTokensCome_AreAskedForOnce()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () => Assert.NotNull((await CheckAsync("first")).Claims))));

        Assert.Equal(1, _tenant.KeyRequests);
    }

    [Fact]
    public async Task Keys_WhenRotated_AreFoundByTheFirstTokenThatNeedsThem()
    {
        await CheckAsync("first");
        _tenant.AddKey("second");
        _time.Advance(SigningKeys.BetweenLooks);

        Assert.NotNull((await CheckAsync("second")).Claims);
        Assert.Equal(2, _tenant.KeyRequests);
    }

    [Fact]
    public async Task Keys_WhenTokensInventThem_CauseNoStorm()
    {
        await CheckAsync("first");
        for (var round = 0; round < 100; round++)
        {
            Assert.Equal(TokenRefusal.UnknownKey, (await CheckAsync($"invented-{round}", signedBy: "first")).Refusal);
        }

        Assert.Equal(1, _tenant.KeyRequests);
        _time.Advance(SigningKeys.BetweenLooks);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => CheckAsync($"again-{i}", signedBy: "first").AsTask()));
        Assert.Equal(2, _tenant.KeyRequests);
    }

    [Fact]
    public async Task Keys_WhenWithdrawn_AreRefusedAfterTheNextLook()
    {
        await CheckAsync("first");
        var second = _tenant.AddKey("second");
        var key = _tenant.Key("first");
        _tenant.RemoveKey("first");
        _time.Advance(SigningKeys.BetweenLooks);
        await CheckAsync("second");

        Assert.Equal(TokenRefusal.UnknownKey, (await CheckTokenAsync(_tenant.Sign(Claims(), header: Header("first"), key: key))).Refusal);
        Assert.NotNull(second);
    }

    [Fact]
    public async Task Keys_WhenTheTenantFallsSilent_GoOnForADay()
    {
        await CheckAsync("first");
        _tenant.Answer = Fail;
        _time.Advance(SigningKeys.MaxAge - TimeSpan.FromMinutes(1));
        Assert.NotNull((await CheckAsync("first")).Claims);
        _time.Advance(TimeSpan.FromMinutes(1));

        await UnavailableAsync("first");
    }

    [Fact]
    public async Task Keys_WhenTheTenantIsSilentFromTheStart_AreAskedForNowAndThen()
    {
        _tenant.Answer = Fail;
        for (var round = 0; round < 20; round++)
        {
            await UnavailableAsync("first");
        }

        _tenant.Answer = null;
        await UnavailableAsync("first");
        _time.Advance(SigningKeys.BetweenFailures);
        Assert.NotNull((await CheckAsync("first")).Claims);
    }

    [Fact]
    public async Task Keys_WhenTheTenantSaysNonsense_AreNotThere()
    {
        foreach (var nonsense in new[] { "", "[]", "{}", "\"x\"", """{"issuer":1}""", new string('x', 2_000_000) })
        {
            _tenant.Answer = http => http.Response.WriteAsync(nonsense);
            await UnavailableAsync("first");
            _time.Advance(SigningKeys.BetweenFailures);
        }

        (_tenant.Answer, _tenant.SaysIssuer) = (null, "https://elsewhere");
        await UnavailableAsync("first");
        _time.Advance(SigningKeys.BetweenFailures);
        (_tenant.SaysIssuer, _tenant.SaysKeys) = (null, $"http://127.0.0.1:{_tenant.Authority.Port}/keys");
        await UnavailableAsync("first");
    }

    [Theory]
    [InlineData("kty", "EC")]
    [InlineData("use", "enc")]
    [InlineData("alg", "RS512")]
    [InlineData("issuer", "https://elsewhere/v2.0")]
    [InlineData("e", "")]
    [InlineData("n", "AQAB")]
    [InlineData("n", "not base64!")]
    [InlineData("kid", "")]
    public async Task Key_WhenItIsNotForThis_IsLeftOut(string member, string value)
    {
        _tenant.AddKey("second");
        _tenant.ChangeKey = key =>
        {
            if ((string?)key["kid"] == "first")
            {
                key[member] = value;
            }
        };

        Assert.Equal(TokenRefusal.UnknownKey, (await CheckAsync("first")).Refusal);
        Assert.NotNull((await CheckAsync("second")).Claims);
    }

    private static Task Fail(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Task.CompletedTask;
    }

    private static string Header(string keyId) => $$"""{"alg":"RS256","kid":"{{keyId}}"}""";

    private JsonObject Claims() => _tenant.Claims(
        ("nbf", _time.GetUtcNow().ToUnixTimeSeconds()), ("exp", _time.GetUtcNow().AddHours(1).ToUnixTimeSeconds()));

    private ValueTask<TokenOutcome> CheckAsync(string keyId, string? signedBy = null) =>
        CheckTokenAsync(_tenant.Sign(Claims(), header: Header(keyId), key: _tenant.Key(signedBy ?? keyId)));

    private ValueTask<TokenOutcome> CheckTokenAsync(string token) => _tokens.CheckAsync(token, TestContext.Current.CancellationToken);

    private async Task UnavailableAsync(string keyId)
    {
        var failure = await Assert.ThrowsAsync<CairnException>(async () => await CheckAsync(keyId));
        Assert.Equal(ErrorKind.Unavailable, failure.Kind);
    }
}
