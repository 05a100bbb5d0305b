using System.Net;
using Cairn.Domain.Tests;
using Cairn.Functions.Hosting;
using Cairn.Functions.Keys;
using Cairn.Functions.Tests.Serving;
using Cairn.Infra.Identity;
using Cairn.Infra.Tests.Identity;
using Microsoft.AspNetCore.Http;

namespace Cairn.Functions.Tests.Keys;

/// <summary>What tokens of Entra ID give, how they are kept, and what is said when one does not hold.</summary>
public sealed class TokenTests : IAsyncLifetime
{
    private FakeTenant _tenant = null!;

    public async ValueTask InitializeAsync() => _tenant = await FakeTenant.StartAsync();

    public ValueTask DisposeAsync() => _tenant.DisposeAsync();

    [Theory]
    [InlineData("Cairn.Read", null, "any", "read")]
    [InlineData("Cairn.Write", null, "any", "write")]
    [InlineData("Cairn.Admin", null, "any", "admin")]
    [InlineData("Cairn.Write:acme-*", null, "acme-one", "write")]
    [InlineData("Cairn.Write:acme-*", null, "other", null)]
    [InlineData("Cairn.Read Cairn.Write:acme-*", null, "other", "read")]
    [InlineData("Cairn.Read Cairn.Write:acme-*", null, "acme-one", "write")]
    [InlineData("Cairn.Admin:demo", null, "demo", "admin")]
    [InlineData("Cairn.Admin:*", null, "demo", "admin")]
    [InlineData("Cairn.Admin:", null, "demo", null)]
    [InlineData("Cairn.Admin:DEMO", null, "demo", null)]
    [InlineData("Cairn.Admin:demo,other", null, "demo", null)]
    [InlineData("cairn.admin", null, "demo", null)]
    [InlineData("Cairn.", null, "demo", null)]
    [InlineData("Cairn.Owner Other.Admin Admin", null, "demo", null)]
    [InlineData("", null, "demo", null)]
    [InlineData("Cairn.Admin", "Cairn.Read", "demo", "read")]
    [InlineData("Cairn.Admin", "openid Cairn.Read Cairn.Write", "demo", "write")]
    [InlineData("Cairn.Read:demo", "Cairn.Admin", "demo", "read")]
    [InlineData("Cairn.Admin", "user_impersonation", "demo", null)]
    [InlineData("Cairn.Admin", "", "demo", null)]
    [InlineData("Cairn.Admin", "Cairn.Admin:demo", "demo", null)]
    [InlineData("", "Cairn.Admin", "demo", null)]
    public void Roles_WhenRead_GiveScopesOnSpaces(string roles, string? scopes, string space, string? expected)
    {
        var caller = TokenRoles.CallerOf(new(
            roles.Split(' ', StringSplitOptions.RemoveEmptyEntries), scopes?.Split(' ', StringSplitOptions.RemoveEmptyEntries), DateTimeOffset.MaxValue));

        foreach (var scope in Enum.GetValues<AccessScope>())
        {
            Assert.Equal(expected is not null && ScopeWords.TryParse(expected, out var most) && scope <= most, caller?.May(scope, space) ?? false);
        }
    }

    [Fact]
    public async Task Token_WhenItDoesNotHold_IsToldWhyAndNeverRepeated()
    {
        await using var server = await StartAsync();
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        (string Word, string Token)[] wrong =
        [
            ("expired", _tenant.Token(("exp", now - 500))), ("audience", _tenant.Token(("aud", "other"))), ("issuer", _tenant.Token(("iss", "other"))),
            ("signature", _tenant.Sign(_tenant.Claims(), key: _tenant.AddKey("second"))), ("has not come", _tenant.Token(("nbf", now + 500))),
            ("RS256", $"{FakeTenant.Encode("""{"alg":"none"}""")}.e30.AAAA"), ("access token", _tenant.Token(("azp", null))), ("three parts", "left.right"),
        ];
        foreach (var (word, token) in wrong)
        {
            var reply = await SendAsync(server, token);

            reply.RequireProblem(401, "unauthenticated");
            Assert.Contains(word, reply["detail"].GetString(), StringComparison.Ordinal);
            Assert.DoesNotContain(token[^4..], reply.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Token_WhenItHoldsAndGivesNothing_IsForbidden()
    {
        await using var server = await StartAsync();

        (await SendAsync(server, _tenant.Token(("roles", null)))).RequireProblem(403, "forbidden");
        (await SendAsync(server, _tenant.Token(("roles", new[] { "Cairn.Admin" }), ("scp", "other")))).RequireProblem(403, "forbidden");
    }

    [Fact]
    public async Task Token_WhenSentAsAKey_IsNone()
    {
        await using var server = await StartAsync();

        (await server.GetAsync("/v1/spaces", ("x-api-key", _tenant.Token()))).RequireProblem(401, "unauthenticated");
    }

    [Fact]
    public async Task Keys_WhenTokensAreTakenToo_GoOn()
    {
        await using var server = await StartAsync(options => options with { ApiKey = "with.a.dot" });

        (await server.GetAsync("/v1/spaces")).RequireProblem(401, "unauthenticated");
        var made = (await server.PostAsync("/v1/keys", """{"name":"a","spaces":["*"],"scope":"read"}""", ("Authorization", "Bearer with.a.dot"))).Require(HttpStatusCode.Created);
        (await SendAsync(server, made["key"].GetString()!)).Require(HttpStatusCode.OK);
        (await SendAsync(server, _tenant.Token())).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Tenant_WhenItDoesNotAnswer_IsUnavailable()
    {
        _tenant.Answer = http =>
        {
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return Task.CompletedTask;
        };
        await using var server = await StartAsync();

        (await SendAsync(server, _tenant.Token())).RequireProblem(503, "unavailable");
        (await SendAsync(server, _tenant.Token(("aud", "other")))).RequireProblem(401, "unauthenticated");
    }

    [Fact]
    public async Task Gate_WhenATokenComesAgain_KeepsItUntilItEndsAndNotLonger()
    {
        var time = new ManualTime();
        using var gate = new TokenGate(EntraTokens.Open(Options(), time, _tenant.Network), time);
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var (brief, lasting) = (_tenant.Token(("nbf", now), ("exp", now + 60)), _tenant.Token(("nbf", now), ("exp", now + 3600)));
        var first = await gate.AuthenticateAsync(lasting, default);
        await gate.AuthenticateAsync(brief, default);

        Assert.Same(first, await gate.AuthenticateAsync(lasting, default));
        Assert.Equal(2, gate.Count);
        time.Advance(TimeSpan.FromSeconds(59) + EntraTokens.ClockTolerance);
        await gate.AuthenticateAsync(brief, default);
        time.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<Cairn.Functions.Problems.ProblemException>(async () => await gate.AuthenticateAsync(brief, default));
        time.Advance(TokenGate.TimeToLive);
        Assert.NotSame(first, await gate.AuthenticateAsync(lasting, default));
    }

    [Fact]
    public async Task Server_WhenReachableFromElsewhere_StartsWithATenantInPlaceOfAKey()
    {
        await using var server = await StartAsync(options => options with { Urls = ["http://0.0.0.0:0"] });

        Assert.True(server.Service.Gate.Asks);
    }

    [Theory]
    [InlineData("CAIRN_ENTRA_TENANT", "common", "a")]
    [InlineData("CAIRN_ENTRA_TENANT", null, "a")]
    [InlineData("CAIRN_ENTRA_TENANT", "00000000-0000-0000-0000-000000000000", "a")]
    [InlineData("CAIRN_ENTRA_AUDIENCE", "99999999-8888-7777-6666-555555555555", null)]
    [InlineData("CAIRN_ENTRA_AUDIENCE", "99999999-8888-7777-6666-555555555555", " ; ")]
    [InlineData("CAIRN_ENTRA_AUTHORITY", "99999999-8888-7777-6666-555555555555", "a", "http://login.example/")]
    [InlineData("CAIRN_ENTRA_AUTHORITY", "99999999-8888-7777-6666-555555555555", "a", "login")]
    public async Task Settings_WhenWrong_AreNamed(string named, string? tenant, string? audience, string? authority = null)
    {
        var failure = await Assert.ThrowsAsync<StartFailure>(() => TestServer.StartAsync(options => options with
        {
            Entra = IdentitySettings.Read(name => name switch { "CAIRN_ENTRA_TENANT" => tenant, "CAIRN_ENTRA_AUDIENCE" => audience, _ => authority }),
        }));

        Assert.StartsWith(named, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_WhenRead_NameTheTenant()
    {
        var options = IdentitySettings.Read(name => name switch { "CAIRN_ENTRA_TENANT" => _tenant.Id.ToString(), "CAIRN_ENTRA_AUDIENCE" => "a; b,c", _ => null })!;

        Assert.Equal((_tenant.Id, EntraOptions.PublicAuthority), (options.Tenant, options.Authority.ToString()));
        Assert.Equal(["a", "b", "c"], options.Audiences);
        Assert.Null(IdentitySettings.Read(_ => null));
    }

    private EntraOptions Options() => new() { Tenant = _tenant.Id, Audiences = [FakeTenant.Audience], Authority = _tenant.Authority };

    private Task<TestServer> StartAsync(Func<ServerOptions, ServerOptions>? change = null) => TestServer.StartAsync(options =>
    {
        options = options with { Entra = Options(), EntraNetwork = _tenant.Network };
        return change?.Invoke(options) ?? options;
    });

    private static Task<Reply> SendAsync(TestServer server, string token) => server.GetAsync("/v1/spaces", ("Authorization", $"Bearer {token}"));
}
