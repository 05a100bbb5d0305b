using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Triggers;

/// <summary>
/// A commit on its way through a queue or a hub: <c>{"space","commit"}</c>, or with the commit in a claim check, <c>{"space","claim","id"}</c>; both may have
/// <c>incarnation</c> and <c>sentAt</c>. Or a <see cref="CloudEvent"/>.
/// </summary>
/// <param name="Space">Where it goes.</param>
/// <param name="Commit">The commit, good until the tape reads another text; null: it lies in the claim check.</param>
/// <param name="Claim">The name of the claim check.</param>
/// <param name="Id">The commit's id, if the sender of a claim check gives one.</param>
internal sealed record IngestMessage(SpaceName Space, JsonNode? Commit, string? Claim, JsonNode? Id)
{
    /// <summary>The life of the space that it was sent to; null: whichever there is.</summary>
    public Incarnation? Life { get; private init; }

    /// <summary>When it was first sent, if the message tells: it may have come through a queue before.</summary>
    public Timestamp? SentAt { get; private init; }

    /// <summary>The sender's name for the message, which makes the id of a commit that gives none; null: the queue or the hub names it.</summary>
    public string? Name { get; init; }

    /// <exception cref="ProblemException">What the sender has to mend.</exception>
    public static IngestMessage Read(JsonNode root) => CloudEvent.Is(root.RequireObject()) ? CloudEvent.Read(root) : ReadOwn(root);

    /// <summary>A delivery by the sender's name and time: no message was sent after the queue or the hub took it.</summary>
    public Delivery Rename(Delivery delivery) => delivery with
    {
        Id = Name ?? delivery.Id,
        HasSendersName = Name is not null,
        SentAt = SentAt?.ToDateTimeOffset() is { } earlier && earlier < delivery.SentAt ? earlier : delivery.SentAt,
    };

    private static IngestMessage ReadOwn(JsonNode root)
    {
        JsonNode? space = null, commit = null, claim = null, id = null, life = null, sentAt = null;
        foreach (var member in root.Members)
        {
            if (member.Is("space"u8))
            {
                space = member.Value;
            }
            else if (member.Is("commit"u8))
            {
                commit = member.Value;
            }
            else if (member.Is("claim"u8))
            {
                claim = member.Value;
            }
            else if (member.Is("id"u8))
            {
                id = member.Value;
            }
            else if (member.Is("incarnation"u8))
            {
                life = member.Value;
            }
            else if (member.Is("sentAt"u8))
            {
                sentAt = member.Value;
            }
            else
            {
                throw member.Unknown();
            }
        }

        if (commit is null == claim is null)
        {
            throw root.Refuse("a message has either a commit or the name of a claim check");
        }

        if (id is { } stray && commit is not null)
        {
            throw stray.Refuse("the id of a commit stands in the commit");
        }

        return new(ReadSpace(space ?? throw root.Refuse("space is missing")), commit, ReadClaim(claim), id)
        {
            Life = ReadLife(life),
            SentAt = ReadInstant(sentAt),
        };
    }

    /// <exception cref="ProblemException">It names no space.</exception>
    public static SpaceName ReadSpace(JsonNode node)
    {
        node.RequireText();
        return SpaceName.TryParse(node.ToString(), out var name)
            ? name
            : throw node.Refuse($"a space is {SpaceName.MinLength} to {SpaceName.MaxLength} lowercase letters, digits and '-'");
    }

    private static Incarnation? ReadLife(JsonNode? node)
    {
        if (node is not { } given)
        {
            return null;
        }

        given.RequireText();
        return Incarnation.TryParse(given.ToString(), out var life) ? life : throw given.Refuse("must be the incarnation of a space, as GET /v1/spaces/{space} shows it");
    }

    private static Timestamp? ReadInstant(JsonNode? node) => node is not { } given ? null
        : InstantText.TryParse(given.RequireText(), out var instant) ? instant
        : throw given.Refuse("must be an instant such as 2026-01-31T12:00:00Z");

    private static string? ReadClaim(JsonNode? node)
    {
        if (node is not { } given)
        {
            return null;
        }

        given.RequireText();
        var name = given.ToString();
        return BlobName.IsValid(name)
            ? name
            : throw given.Refuse($"a claim check's name has up to {BlobName.MaxLength} lowercase letters, digits, '-', '.' and '/'");
    }
}
