using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Cairn.Domain.Tests;
using Cairn.Infra.Identity;
using Cairn.Primitives;

namespace Cairn.Infra.Tests.Identity;

/// <summary>Tokens of a tenant on loopback: those that hold, and every way in which one does not.</summary>
public sealed class EntraTokensTests : IAsyncLifetime
{
    private FakeTenant _tenant = null!;
    private EntraTokens _tokens = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _tenant = await FakeTenant.StartAsync();
        _tokens = Open();
    }

    public async ValueTask DisposeAsync()
    {
        _tokens.Dispose();
        await _tenant.DisposeAsync();
    }

    [Fact]
    public async Task Token_WhenItHolds_SaysWhatItsBearerMay()
    {
        var outcome = await CheckAsync(_tenant.Token(("roles", new[] { "a", "b" }), ("aud", new[] { "other", FakeTenant.Audience })));

        Assert.Equal(["a", "b"], outcome.Claims!.Roles);
        Assert.Null(outcome.Claims.Scopes);
        Assert.Equal(["x", "y"], (await CheckAsync(_tenant.Token(("scp", "x y"), ("roles", null)))).Claims!.Scopes);
        Assert.InRange(outcome.Claims.ExpiresAt, DateTimeOffset.UtcNow.AddMinutes(61), DateTimeOffset.UtcNow.AddMinutes(63));
    }

    [Fact]
    public async Task Token_WhenAClaimIsWrong_IsRefusedForIt()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        await RefusesAsync(TokenRefusal.Issuer, _tenant.Token(("iss", _tenant.Issuer + "/")));
        await RefusesAsync(TokenRefusal.Issuer, _tenant.Token(("iss", _tenant.Issuer.Replace("9", "8", StringComparison.Ordinal))));
        await RefusesAsync(TokenRefusal.Issuer, _tenant.Token(("iss", $"https://sts.windows.net/{_tenant.Id}/")));
        await RefusesAsync(TokenRefusal.Audience, _tenant.Token(("aud", "api://other")));
        await RefusesAsync(TokenRefusal.Audience, _tenant.Token(("aud", FakeTenant.Audience.Replace('1', '2'))));
        await RefusesAsync(TokenRefusal.Audience, _tenant.Token(("aud", Array.Empty<string>())));
        await RefusesAsync(TokenRefusal.NoAccessToken, _tenant.Token(("azp", null)));
        await RefusesAsync(TokenRefusal.Expired, _tenant.Token(("exp", now - 121)));
        await RefusesAsync(TokenRefusal.Expired, _tenant.Token(("exp", 0)));
        await RefusesAsync(TokenRefusal.NotYetValid, _tenant.Token(("nbf", now + 180)));
        await RefusesAsync(TokenRefusal.Malformed, _tenant.Token(("exp", null)));
        await RefusesAsync(TokenRefusal.Malformed, _tenant.Token(("exp", "soon")));
        await RefusesAsync(TokenRefusal.Malformed, _tenant.Token(("exp", 1e300)));
        await RefusesAsync(TokenRefusal.Malformed, _tenant.Token(("nbf", -1)));
        await RefusesAsync(TokenRefusal.Malformed, _tenant.Token(("iss", null)));
        await RefusesAsync(TokenRefusal.Malformed, _tenant.Token(("aud", null)));
        await RefusesAsync(TokenRefusal.Malformed, _tenant.Token(("aud", 1)));
        await RefusesAsync(TokenRefusal.Malformed, _tenant.Token(("roles", new[] { 1 })));
        await RefusesAsync(TokenRefusal.Malformed, _tenant.Token(("scp", new[] { "a" })));
        Assert.NotNull((await CheckAsync(_tenant.Token(("exp", now - 60)))).Claims);
        Assert.NotNull((await CheckAsync(_tenant.Token(("nbf", now + 60)))).Claims);
        Assert.NotNull((await CheckAsync(_tenant.Token(("nbf", null), ("roles", null)))).Claims);
        Assert.NotNull((await CheckAsync(_tenant.Token(("exp", 253_402_300_799)))).Claims);
    }

    [Fact]
    public async Task Token_WhenItsSignatureIsNotTheTenants_IsRefused()
    {
        using var stranger = RSA.Create(2048);
        var token = _tenant.Token();
        var (signed, signature) = (token[..token.LastIndexOf('.')], token[(token.LastIndexOf('.') + 1)..]);
        var public_ = _tenant.Key("first").ExportRSAPublicKey();

        await RefusesAsync(TokenRefusal.Signature, _tenant.Sign(_tenant.Claims(), key: stranger));
        await RefusesAsync(TokenRefusal.Signature, $"{signed}.{FakeTenant.Encode("short")}");
        await RefusesAsync(TokenRefusal.Signature, $"{signed}.{signature[..^4]}AAAA");
        await RefusesAsync(TokenRefusal.Signature, $"{_tenant.Token(("roles", new[] { "Cairn.Admin" }))[..^(signature.Length + 1)]}.{signature}");
        await RefusesAsync(TokenRefusal.UnknownKey, _tenant.Sign(_tenant.Claims(), header: """{"alg":"RS256","kid":"other"}"""));
        await RefusesAsync(TokenRefusal.Malformed, _tenant.Sign(_tenant.Claims(), header: """{"alg":"RS256"}"""));
        await RefusesAsync(TokenRefusal.Malformed, _tenant.Sign(_tenant.Claims(), header: """{"alg":"RS256","kid":"first","crit":["b64"],"b64":false}"""));
        await RefusesAsync(TokenRefusal.Malformed, _tenant.Sign(_tenant.Claims(), header: """{"alg":"none","alg":"RS256","kid":"first"}"""));
        foreach (var algorithm in new[] { "none", "None", "", "HS256", "rs256", "RS512", "PS256", "ES256" })
        {
            var head = FakeTenant.Encode($$"""{"alg":"{{algorithm}}","kid":"first"}""");
            await RefusesAsync(TokenRefusal.Algorithm, $"{head}.{signed.Split('.')[1]}.{signature}");
        }

        // With the public key as the password of an HMAC, and without any signature.
        var hmac = $"{FakeTenant.Encode("""{"alg":"HS256","kid":"first"}""")}.{signed.Split('.')[1]}";
        await RefusesAsync(TokenRefusal.Algorithm, $"{hmac}.{System.Buffers.Text.Base64Url.EncodeToString(HMACSHA256.HashData(public_, Encoding.ASCII.GetBytes(hmac)))}");
        await RefusesAsync(TokenRefusal.Malformed, $"{signed}.");
        await RefusesAsync(TokenRefusal.Malformed, signed);
    }

    [Fact]
    public async Task Token_WhenItIsNone_IsMalformed()
    {
        var token = _tenant.Token();

        foreach (var text in new[] { "", ".", "..", "...", "a.b.c", "a.b.c.d.e", "eyJ.eyJ.eyJ", $"{token}.x", $" {token}", $"{token}=", token.Replace('.', '-'), new string('.', 20_000), $"{token}{new string('A', 17_000)}" })
        {
            await RefusesAsync(TokenRefusal.Malformed, text);
        }

        await RefusesAsync(TokenRefusal.Malformed, FakeTenant.Sign("[]", "{}", _tenant.Key("first")));
        await RefusesAsync(TokenRefusal.Malformed, FakeTenant.Sign("""{"alg":"RS256","kid":"first"}""", "[]", _tenant.Key("first")));
        await RefusesAsync(TokenRefusal.Malformed, FakeTenant.Sign("""{"alg":"RS256","kid":"first"}""", """{"iss":"\ud800"}""", _tenant.Key("first")));
    }

    [Fact]
    public async Task Token_WhenCutAnywhere_IsRefused()
    {
        var token = _tenant.Token();
        for (var length = 0; length < token.Length; length += 7)
        {
            Assert.Null((await CheckAsync(token[..length])).Claims);
        }
    }

    [Fact]
    public async Task Token_WhenChangedAnywhere_IsRefused()
    {
        var (random, token) = (new Random(7), _tenant.Token());
        Assert.NotNull((await CheckAsync(token)).Claims);
        var last = token.LastIndexOf('.');
        for (var round = 0; round < 2000; round++)
        {
            var changed = token.ToCharArray();
            var at = random.Next(changed.Length);
            changed[at] = random.GetItems<char>("ABCxyz019-_.=% \u00e9\0", 1)[0];
            var outcome = await CheckAsync(new(changed));

            // The last character of the signature has bits that mean nothing.
            Assert.True(outcome.Claims is null || new string(changed) == token || (at == changed.Length - 1 && at > last), new string(changed));
        }
    }

    [Fact]
    public void Decoder_WhenGivenAnything_NeverThrows()
    {
        var random = new Random(11);
        string[] pieces = ["{", "}", "\"alg\":", "\"RS256\"", "\"kid\":", "\"a\"", ",", "[", "]", "1", "-1e999", "null", "\"iss\":", "\"exp\":", "\"aud\":", "\\u", "\ud800", "true", "{\"alg\":\"RS256\",\"kid\":\"a\"}"];
        for (var round = 0; round < 20_000; round++)
        {
            string Junk() => FakeTenant.Encode(string.Concat(random.GetItems(pieces, random.Next(0, 12))));
            var text = round % 3 == 0 ? new string(random.GetItems<char>("eyJ.-_=ABab09\u00ff", random.Next(0, 60)))
                : round % 3 == 1 ? $"{Junk()}.{Junk()}.{Junk()}"
                : $"{FakeTenant.Encode("""{"alg":"RS256","kid":"a"}""")}.{Junk()}.AAAA";

            Assert.Equal(AccessToken.TryRead(text, out var token) is null, token is not null);
        }
    }

    [Fact]
    public void Options_WhenWrong_AreInvalid()
    {
        static void Refuses(string field, EntraOptions options) =>
            Assert.Equal((ErrorKind.Invalid, field), Assert.Throws<CairnException>(() => EntraTokens.Open(options, TimeProvider.System)) is var failure ? (failure.Kind, failure.Field!) : default);
        var good = new EntraOptions { Tenant = Guid.NewGuid(), Audiences = ["a"] };

        Refuses("Tenant", good with { Tenant = Guid.Empty });
        Refuses("Audiences", good with { Audiences = [] });
        Refuses("Authority", good with { Authority = new("http://login.microsoftonline.com/") });
        Refuses("Authority", good with { Authority = new("https://login.microsoftonline.com/common") });
        EntraTokens.Open(good, TimeProvider.System).Dispose();
    }

    private EntraTokens Open(TimeProvider? time = null) =>
        EntraTokens.Open(new() { Tenant = _tenant.Id, Audiences = ["another", FakeTenant.Audience], Authority = _tenant.Authority }, time ?? TimeProvider.System, _tenant.Network);

    private ValueTask<TokenOutcome> CheckAsync(string token) => _tokens.CheckAsync(token, Token);

    private async Task RefusesAsync(TokenRefusal refusal, string token)
    {
        var outcome = await CheckAsync(token);
        Assert.Null(outcome.Claims);
        Assert.Equal(refusal, outcome.Refusal);
    }
}
