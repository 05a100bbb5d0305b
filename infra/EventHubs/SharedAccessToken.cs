using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Cairn.Infra.EventHubs;

/// <summary>
/// A shared access signature that a rule's key makes: <c>sr</c>, what it is for; <c>se</c>, when it ends, in seconds since 1970; <c>skn</c>, the rule; <c>sig</c>, the
/// HMAC-SHA256 of the first two by the key's text. Made anew at half its life. Any thread.
/// </summary>
internal sealed class SharedAccessToken(Uri address, string rule, string key, TimeProvider time)
{
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private readonly string _resource = WebUtility.UrlEncode(address.AbsoluteUri.ToLowerInvariant());
    private volatile Made? _made;

    public string Take()
    {
        var now = time.GetUtcNow();
        if (_made is not { } made || now >= made.RenewAt)
        {
            // Two that make one at once make the same, or both are good.
            _made = made = new(Make(now + Life), now + (Life / 2));
        }

        return made.Text;
    }

    private string Make(DateTimeOffset end)
    {
        var expiry = end.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{_resource}\n{expiry}"));
        return $"SharedAccessSignature sr={_resource}&sig={WebUtility.UrlEncode(Convert.ToBase64String(signature))}&se={expiry}&skn={WebUtility.UrlEncode(rule)}";
    }

    private sealed record Made(string Text, DateTimeOffset RenewAt);
}

/// <summary>Shows a shared access signature with each request.</summary>
internal sealed class SharedAccessPolicy(Func<string> token) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message) => message.Request.Headers.SetValue("Authorization", token());
}
