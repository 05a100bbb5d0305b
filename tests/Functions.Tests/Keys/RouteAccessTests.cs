using System.Net;
using Cairn.Functions.Endpoints;
using Cairn.Functions.Keys;
using Cairn.Functions.Routing;
using Cairn.Functions.Tests.Serving;
using Cairn.Infra.Tests.Identity;
using Cairn.Primitives;

namespace Cairn.Functions.Tests.Keys;

/// <summary>Every route of the service with every kind of wrong credential, and with the least that is enough.</summary>
public sealed class RouteAccessTests : IAsyncLifetime
{
    private const string Space = "acme-one", RoleLess = "token without roles";

    private readonly Dictionary<string, string?> _keys = [];
    private TestServer _server = null!;
    private FakeTenant _tenant = null!;

    public static TheoryData<string, string> Routes => [.. RouteList.Table.All.Select(route => (route.Method, route.Template))];

    public async ValueTask InitializeAsync()
    {
        _tenant = await FakeTenant.StartAsync();
        _server = await TestServer.StartAsync(options => options with
        {
            RequiresKeys = true,
            Entra = new() { Tenant = _tenant.Id, Audiences = [FakeTenant.Audience], Authority = _tenant.Authority },
            EntraNetwork = _tenant.Network,
        });
        var keys = _server.Service.Gate.Keys!;
        foreach (var scope in Enum.GetValues<AccessScope>())
        {
            _keys[$"{scope} here"] = await MakeAsync(scope, "acme-*");
            _keys[$"{scope} elsewhere"] = await MakeAsync(scope, "acme-two", "other-*", "acme-one-*");
            _keys[$"{scope} everywhere"] = await MakeAsync(scope, "*");
            _keys[$"token {scope} here"] = TokenOf($"Cairn.{scope}:acme-*");
            _keys[$"token {scope} elsewhere"] = TokenOf($"Cairn.{scope}:acme-two", $"Cairn.{scope}:other-*", $"Cairn.{scope}:acme-one-*");
            _keys[$"token {scope} everywhere"] = TokenOf($"Cairn.{scope}");
        }

        AddWrongTokens();

        _keys["none"] = null;
        _keys["malformed"] = "no-key";
        _keys["unknown"] = ApiKey.New().Text;
        _keys["expired"] = (await keys.CreateAsync("old", [SpacePattern.All], AccessScope.Admin, new Timestamp(1), TestContext.Current.CancellationToken)).Text;
        _keys["revoked"] = await MakeAsync(AccessScope.Admin, "*");
        Assert.True(await keys.RevokeAsync(_keys["revoked"]!.Split('_')[1], TestContext.Current.CancellationToken));
        _keys["of another secret"] = _keys["Admin everywhere"]![..^43] + ApiKey.New().Text[^43..];
        (await _server.PutAsync($"/v1/spaces/{Space}", "{}", ("x-api-key", _keys["Admin everywhere"]!))).Require(HttpStatusCode.Created);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _tenant.DisposeAsync();
    }

    [Fact]
    public void Table_WhenCompared_KnowsEveryRoute()
    {
        Assert.Empty(RouteList.Table.All.Where(route => !RouteNeeds.Knows(route)).Select(route => $"{route.Method} {route.Template}"));
        Assert.All(RouteList.Table.All, route => Assert.Equal(route.Need == Need.Nothing, route.IsOpen));
        Assert.All(RouteList.Table.All, route => Assert.Equal(route.Template.Contains("{space}", StringComparison.Ordinal), route.SpaceSegment > 0));
        Assert.Equal(Need.AdminOfAll, RouteNeeds.Of(new("POST", "/v1/what-nobody-thought-of", _ => Task.CompletedTask)));
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Route_WithAnyCredential_AnswersThoseThatItMay(string method, string template)
    {
        var route = RouteList.Table.All.Single(each => each.Method == method && each.Template == template);
        foreach (var (kind, key) in _keys)
        {
            var reply = await SendAsync(route, key, Space);
            var expected = Expected(route.Need, kind);
            Assert.True(
                expected == 0 ? reply.Status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) : (int)reply.Status == expected,
                $"{method} {template}, key {kind}: expected {(expected == 0 ? "to be let in" : expected)}, got {(int)reply.Status}: {reply.Text}");
            if (expected is 401 or 403 && reply.Bytes.Length > 0)
            {
                Assert.Equal(expected == 401 ? "unauthenticated" : "forbidden", reply.Problem);
            }

            if (expected == 401)
            {
                Assert.Equal("Bearer", reply.Headers["WWW-Authenticate"]);
            }
        }
    }

    /// <summary>What may not be seen is answered alike whether it exists or not, and in any spelling of its name.</summary>
    [Theory]
    [InlineData("acme-one")]
    [InlineData("acme-never-made")]
    [InlineData("%61cme-one")]
    [InlineData("acme%2Done")]
    [InlineData("acme-two%2F..%2Facme-one")]
    [InlineData("acme-two%00")]
    [InlineData("")]
    public async Task Space_WhenTheKeyIsForAnother_IsForbiddenInAnySpelling(string space)
    {
        var reply = await RawHttp.SendAsync(_server.Address, "GET", $"/v1/spaces/{space}/stats", headers: $"x-api-key: {_keys["Admin elsewhere"]}\r\n");

        // The server itself refuses a target with %00.
        Assert.True((int)reply.Status == (space.Contains("%00", StringComparison.Ordinal) ? 400 : 403), $"{(int)reply.Status}: {reply.Text}");
    }

    [Fact]
    public async Task Forbidden_WhenAScopeIsMissing_NamesIt()
    {
        Assert.Contains("'write'", (await SendAsync("PUT", $"/v1/spaces/{Space}/concepts/a", "Read here", "{}"))["detail"].GetString(), StringComparison.Ordinal);
        Assert.Contains("'admin'", (await SendAsync("DELETE", $"/v1/spaces/{Space}", "Write here"))["detail"].GetString(), StringComparison.Ordinal);
        Assert.Contains("all spaces", (await SendAsync("GET", "/v1/keys", "Admin here"))["detail"].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spaces_WhenListed_AreThoseThatTheKeyMayRead()
    {
        await SendAsync("PUT", "/v1/spaces/other-one", "Admin everywhere", "{}");

        Assert.Equal(["acme-one", "other-one"], await ListAsync("Read everywhere"));
        Assert.Equal(["acme-one"], await ListAsync("Read here"));
        Assert.Equal(["other-one"], await ListAsync("Write elsewhere"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic YTpi")]
    [InlineData("Bearer {0} {0}")]
    [InlineData("Bearer {0},")]
    [InlineData("Bearer{0}")]
    [InlineData("{0}")]
    [InlineData("Negotiate {0}")]
    public async Task Authorization_WhenItIsNoKey_IsUnauthenticated(string header)
    {
        var value = header.Replace("{0}", _keys["Admin everywhere"], StringComparison.Ordinal);

        (await _server.GetAsync("/v1/spaces", ("Authorization", value))).RequireProblem(401, "unauthenticated");
    }

    [Fact]
    public async Task Headers_WhenTheyComeTwice_AreUnauthenticated()
    {
        var key = _keys["Admin everywhere"];
        foreach (var name in new[] { "x-api-key: ", "Authorization: Bearer " })
        {
            Assert.Equal(200, (int)(await RawHttp.SendAsync(_server.Address, "GET", "/v1/spaces", headers: $"{name}{key}\r\n")).Status);
            Assert.Equal(401, (int)(await RawHttp.SendAsync(_server.Address, "GET", "/v1/spaces", headers: $"{name}{key}\r\n{name}{key}\r\n")).Status);
        }
    }

    /// <summary>No header makes the reading of it fail in any other way than by a 401.</summary>
    [Fact]
    public async Task Authorization_WhenGivenAnything_IsUnauthenticated()
    {
        var random = new Random(3);
        for (var round = 0; round < 500; round++)
        {
            var junk = new string(random.GetItems<char>("cairn_abz27BearerBASIC .,=-+/~\t\"%", random.Next(1, 90)));
            var (name, value) = round % 2 == 0 ? ("Authorization", $"Bearer {junk}") : ("x-api-key", junk);
            (await _server.GetAsync("/v1/spaces", (name, value))).RequireProblem(401, "unauthenticated");
        }
    }

    private static int Expected(Need need, string kind)
    {
        if (need == Need.Nothing)
        {
            return 0;
        }

        if (kind == RoleLess)
        {
            return 403;
        }

        if (kind.Replace("token ", "", StringComparison.Ordinal).Split(' ') is not [var word, var place] || !Enum.TryParse<AccessScope>(word, out var scope))
        {
            return 401;
        }

        return need switch
        {
            Need.AnyKey => 0,
            Need.AdminOfAll => scope == AccessScope.Admin && place == "everywhere" ? 0 : 403,
            _ => place != "elsewhere" && scope >= (need == Need.ReadSpace ? AccessScope.Read : need == Need.WriteSpace ? AccessScope.Write : AccessScope.Admin) ? 0 : 403,
        };
    }

    private string TokenOf(params string[] roles) => _tenant.Token(("roles", roles));

    private void AddWrongTokens()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var good = TokenOf("Cairn.Admin");
        _keys[RoleLess] = _tenant.Token(("roles", new[] { "Other.Admin", "Cairn.Admin:", "Cairn.Root", "cairn.admin" }));
        _keys["token expired"] = _tenant.Token(("roles", new[] { "Cairn.Admin" }), ("exp", now - 300));
        _keys["token too early"] = _tenant.Token(("roles", new[] { "Cairn.Admin" }), ("nbf", now + 300));
        _keys["token of another issuer"] = _tenant.Token(("roles", new[] { "Cairn.Admin" }), ("iss", "https://login.example/v2.0"));
        _keys["token for another audience"] = _tenant.Token(("roles", new[] { "Cairn.Admin" }), ("aud", "other"));
        _keys["token of another key"] = _tenant.Sign(_tenant.Claims(("roles", new[] { "Cairn.Admin" })), header: """{"alg":"RS256","kid":"other"}""");
        _keys["token with another signature"] = $"{good[..good.LastIndexOf('.')]}{TokenOf("Cairn.Read")[TokenOf("Cairn.Read").LastIndexOf('.')..]}";
        _keys["token without signature"] = $"{FakeTenant.Encode("""{"alg":"none"}""")}.{good.Split('.')[1]}.";
        _keys["token that was cut"] = good[..^20];
        _keys["token that is huge"] = $"{good}{new string('A', 17_000)}";
    }

    private async Task<string> MakeAsync(AccessScope scope, params string[] spaces)
    {
        var patterns = spaces.Select(each => SpacePattern.TryParse(each, out var pattern) ? pattern : throw new FormatException(each)).ToArray();
        return (await _server.Service.Gate.Keys!.CreateAsync("test", patterns, scope, null, TestContext.Current.CancellationToken)).Text;
    }

    // What a route does is the other tests' business: here no body comes with it, and nothing waits.
    private async Task<Reply> SendAsync(Route route, string? key, string space)
    {
        var path = route.Template.Replace("{space}", space, StringComparison.Ordinal).Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
        var headers = key is null ? "" : key.Contains('.', StringComparison.Ordinal) ? $"Authorization: Bearer {key}\r\n" : $"x-api-key: {key}\r\n";
        var reply = await RawHttp.SendAsync(_server.Address, route.Method, path, headers: headers + "Content-Length: 0\r\n");
        if (route.Method == "DELETE" && route.Template == "/v1/spaces/{space}" && reply.Status == HttpStatusCode.NoContent)
        {
            await SendAsync("PUT", $"/v1/spaces/{space}", "Admin everywhere", "{}");
        }

        return reply;
    }

    private Task<Reply> SendAsync(string method, string path, string kind, string? body = null) => _server.SendAsync(method, path, body, headers: ("x-api-key", _keys[kind]!));

    private async Task<string[]> ListAsync(string kind) =>
        [.. (await SendAsync("GET", "/v1/spaces", kind))["items"].EnumerateArray().Select(space => space.GetProperty("space").GetString()!)];
}
