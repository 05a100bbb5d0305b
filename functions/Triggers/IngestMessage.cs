using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Triggers;

/// <summary>A commit on its way through a queue or a hub: <c>{"space","commit"}</c>, or with the commit in a claim check, <c>{"space","claim","id"}</c>.</summary>
/// <param name="Space">Where it goes.</param>
/// <param name="Commit">The commit, good until the tape reads another text; null: it lies in the claim check.</param>
/// <param name="Claim">The name of the claim check.</param>
/// <param name="Id">The commit's id, if the sender of a claim check gives one.</param>
internal sealed record IngestMessage(SpaceName Space, JsonNode? Commit, string? Claim, JsonNode? Id)
{
    /// <exception cref="ProblemException">What the sender has to mend.</exception>
    public static IngestMessage Read(JsonNode root)
    {
        JsonNode? space = null, commit = null, claim = null, id = null;
        foreach (var member in root.RequireObject().Members)
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

        return new(ReadSpace(space ?? throw root.Refuse("space is missing")), commit, ReadClaim(claim), id);
    }

    private static SpaceName ReadSpace(JsonNode node)
    {
        node.RequireText();
        return SpaceName.TryParse(node.ToString(), out var name)
            ? name
            : throw node.Refuse($"a space is {SpaceName.MinLength} to {SpaceName.MaxLength} lowercase letters, digits and '-'");
    }

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
