using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cairn.Storage;

namespace Cairn.Functions.Triggers;

/// <summary>
/// Where messages go that no further delivery would mend: each with the reason, for somebody to look at. A record that is too long for a message leaves the
/// original in a claim check. Written at least once. Any thread.
/// </summary>
internal sealed partial class PoisonQueue(IMessageQueue queue, IClaimStore claims, ILogger logger)
{
    // All characters are ASCII, so that none is one that the queue's XML cannot hold; a message has 64 KiB at most.
    private const int MaxTextLength = 48 * 1024;

    /// <exception cref="Primitives.CairnException">Unavailable, Throttled: it is not there, and must not be let go.</exception>
    public async Task PutAsync(Delivery delivery, PoisonReason reason, CancellationToken cancellationToken)
    {
        var text = Write(delivery, reason, delivery.Text, claim: null);
        if (text.Length > MaxTextLength)
        {
            var claim = $"poison/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(delivery.Id)))}";
            await claims.WriteAsync(claim, Encoding.UTF8.GetBytes(delivery.Text), cancellationToken);
            text = Write(delivery, reason, text: null, claim);
        }

        await queue.SendAsync(text, TimeSpan.Zero, cancellationToken);
        LogPoison(logger, delivery.Source, delivery.Id, reason.Kind, reason.Detail);
    }

    private static string Write(Delivery delivery, PoisonReason reason, string? text, string? claim) => JsonSerializer.Serialize(new Dictionary<string, object?>
    {
        ["reason"] = reason.Kind,
        ["detail"] = reason.Detail,
        ["pointer"] = reason.Pointer,
        ["function"] = delivery.Source,
        ["id"] = delivery.Id,
        ["sentAt"] = delivery.SentAt.UtcDateTime.ToString("o", CultureInfo.InvariantCulture),
        ["deliveries"] = delivery.Count,
        ["message"] = text,
        ["claim"] = claim,
    });

    [LoggerMessage(40, LogLevel.Warning, "{Source}: message {Id} went to the poison queue, {Reason}: {Detail}")]
    private static partial void LogPoison(ILogger logger, string source, string id, string reason, string detail);
}
