using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Cairn.Infra.Table;

/// <summary>Signs each try of a request with the account's key, by the scheme Shared Key Lite of the table service: over date and path.</summary>
internal sealed class SharedKeyPolicy(string account, byte[] key) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        // None of our requests has a parameter `comp`, the only one that would be signed.
        var date = DateTimeOffset.UtcNow.ToString("R", CultureInfo.InvariantCulture);
        var signed = Encoding.UTF8.GetBytes($"{date}\n/{account}{message.Request.Uri.ToUri().AbsolutePath}");
        message.Request.Headers.SetValue("x-ms-date", date);
        message.Request.Headers.SetValue("Authorization", $"SharedKeyLite {account}:{Convert.ToBase64String(HMACSHA256.HashData(key, signed))}");
    }
}

/// <summary>Puts a shared access signature behind each address.</summary>
internal sealed class SharedAccessPolicy(string signature) : HttpPipelineSynchronousPolicy
{
    private readonly string _signature = signature.TrimStart('?');

    public override void OnSendingRequest(HttpMessage message)
    {
        var uri = message.Request.Uri;
        if (!uri.Query.Contains(_signature, StringComparison.Ordinal))
        {
            uri.Query = uri.Query is "" or "?" ? "?" + _signature : $"{uri.Query}&{_signature}";
        }
    }
}
