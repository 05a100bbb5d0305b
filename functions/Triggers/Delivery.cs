using Cairn.Formats;

namespace Cairn.Functions.Triggers;

/// <summary>One message, or event, as it was handed to this process: perhaps not for the first time.</summary>
/// <param name="Source">The function it is for.</param>
/// <param name="Id">The sender's side's name for it, the same at each delivery; visible ASCII. The commit's id, if it gives none itself.</param>
/// <param name="Text">JSON, or base64 of it.</param>
/// <param name="SentAt">When the queue or the hub took it.</param>
/// <param name="Count">How often it was handed out, this time included.</param>
internal sealed record Delivery(string Source, string Id, string Text, DateTimeOffset SentAt, long Count = 1)
{
    /// <summary>Past so many, what fails each time is somebody's to look at.</summary>
    public const int MaxCount = 20;

    /// <summary>Its id is the sender's name for it, which a second sending has too.</summary>
    public bool HasSendersName { get; init; }

    /// <summary>Its place in the hub, in a life of that which is known; null: it came another way, or it is not known which life it is.</summary>
    public Origin? Origin { get; init; }
}

/// <summary>What became of one delivery.</summary>
internal enum Verdict
{
    /// <summary>Not now: it must be delivered again.</summary>
    Later,

    /// <summary>Its commit is durable and decided, by this delivery.</summary>
    Applied,

    /// <summary>By an earlier one.</summary>
    Duplicate,

    /// <summary>It is in the hub, which hands it out again, as an event.</summary>
    Forwarded,

    /// <summary>It stands in the poison queue, with the reason.</summary>
    Poisoned,
}
