using System.Buffers.Text;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cairn.Infra.Tests.Identity;

/// <summary>A tenant on loopback, over TLS: says what it is, has keys, and signs what it is asked to. Its keys can be rotated, and it can fall silent.</summary>
internal sealed class FakeTenant : IAsyncDisposable
{
    public const string Audience = "11111111-2222-3333-4444-555555555555";

    private readonly WebApplication _app;
    private readonly X509Certificate2 _certificate;
    private readonly Dictionary<string, RSA> _keys = [];
    private int _requests;

    private FakeTenant(WebApplication app, X509Certificate2 certificate)
    {
        (_app, _certificate) = (app, certificate);
        app.Run(AnswerAsync);
        Network = new SocketsHttpHandler { SslOptions = new() { RemoteCertificateValidationCallback = IsMine } };
    }

    public Guid Id { get; } = new("99999999-8888-7777-6666-555555555555");

    public Uri Authority => new($"{_app.Urls.Single()}/");

    public string Issuer => $"{_app.Urls.Single()}/{Id:D}/v2.0";

    /// <summary>Trusts this tenant's certificate and no other.</summary>
    public HttpMessageHandler Network { get; }

    /// <summary>How often its keys were asked for.</summary>
    public int KeyRequests => Volatile.Read(ref _requests);

    /// <summary>What its answers are; null: what they should be.</summary>
    public Func<HttpContext, Task>? Answer { get; set; }

    /// <summary>Another issuer that it says to be.</summary>
    public string? SaysIssuer { get; set; }

    /// <summary>Another address that it says its keys have.</summary>
    public string? SaysKeys { get; set; }

    /// <summary>Changes each key as it is shown.</summary>
    public Action<JsonObject>? ChangeKey { get; set; }

    public static async Task<FakeTenant> StartAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var tenant = new FakeTenant(builder.Build(), certificate);
        tenant.AddKey("first");
        await tenant._app.StartAsync();
        return tenant;
    }

    public RSA AddKey(string id) => _keys[id] = RSA.Create(2048);

    public void RemoveKey(string id) => _keys.Remove(id);

    public RSA Key(string id) => _keys[id];

    /// <summary>A token that holds, with claims changed: null takes one away.</summary>
    public string Token(params (string Name, object? Value)[] changes) => Sign(Claims(changes));

    public JsonObject Claims(params (string Name, object? Value)[] changes)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["aud"] = Audience,
            ["iss"] = Issuer,
            ["iat"] = now,
            ["nbf"] = now - 5,
            ["exp"] = now + 3600,
            ["azp"] = "66666666-2222-3333-4444-555555555555",
            ["tid"] = Id.ToString(),
            ["ver"] = "2.0",
            ["roles"] = new JsonArray("Cairn.Read"),
        };
        foreach (var (name, value) in changes)
        {
            if (value is null)
            {
                claims.Remove(name);
            }
            else
            {
                claims[name] = JsonSerializer.SerializeToNode(value);
            }
        }

        return claims;
    }

    public string Sign(JsonObject claims, string keyId = "first", string? header = null, RSA? key = null) =>
        Sign(header ?? $$"""{"typ":"JWT","alg":"RS256","kid":"{{keyId}}"}""", claims.ToJsonString(), key ?? _keys[keyId]);

    public static string Sign(string header, string claims, RSA key)
    {
        var signed = $"{Encode(header)}.{Encode(claims)}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Network.Dispose();
        _certificate.Dispose();
    }

    private bool IsMine(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is not null && certificate.GetCertHashString() == _certificate.GetCertHashString();

    private Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value;
        if (path == $"/{Id:D}/discovery/v2.0/keys")
        {
            Interlocked.Increment(ref _requests);
        }

        return Answer is { } other ? other(http)
            : path == $"/{Id:D}/v2.0/.well-known/openid-configuration" ? http.Response.WriteAsync(
                new JsonObject { ["issuer"] = SaysIssuer ?? Issuer, ["jwks_uri"] = SaysKeys ?? $"{Authority}{Id:D}/discovery/v2.0/keys" }.ToJsonString())
            : path == $"/{Id:D}/discovery/v2.0/keys" ? http.Response.WriteAsync(new JsonObject { ["keys"] = Shown() }.ToJsonString())
            : Missing(http);
    }

    private static Task Missing(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private JsonArray Shown() => [.. _keys.Select(each =>
    {
        var parameters = each.Value.ExportParameters(includePrivateParameters: false);
        var key = new JsonObject
        {
            ["kty"] = "RSA",
            ["use"] = "sig",
            ["kid"] = each.Key,
            ["x5t"] = each.Key,
            ["n"] = Base64Url.EncodeToString(parameters.Modulus),
            ["e"] = Base64Url.EncodeToString(parameters.Exponent),
            ["issuer"] = $"{_app.Urls.Single()}/{{tenantid}}/v2.0",
        };
        ChangeKey?.Invoke(key);
        return (JsonNode)key;
    })];
}
