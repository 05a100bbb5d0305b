using Cairn.Functions.Json;
using Cairn.Functions.Keys;
using Cairn.Primitives;

namespace Cairn.Functions.Requests;

/// <summary>The key that a request wants.</summary>
internal sealed record KeyRequest(string Name, IReadOnlyList<SpacePattern> Spaces, AccessScope Scope, Timestamp? ExpiresAt)
{
    public static KeyRequest Read(JsonNode body, Timestamp now)
    {
        string? name = null;
        List<SpacePattern>? spaces = null;
        AccessScope? scope = null;
        Timestamp? expiresAt = null;
        foreach (var member in body.RequireObject().Members)
        {
            if (member.Is("name"u8))
            {
                name = NameOf(member.Value);
            }
            else if (member.Is("spaces"u8))
            {
                spaces = SpacesOf(member.Value);
            }
            else if (member.Is("scope"u8))
            {
                scope = (AccessScope)member.Value.RequireWord(ScopeWords.All);
            }
            else
            {
                expiresAt = member.Is("expiresAt"u8) ? InstantOf(member.Value, now) : throw member.Unknown();
            }
        }

        return name is not null && spaces is not null && scope is not null
            ? new(name, spaces, scope.Value, expiresAt)
            : throw body.Refuse("a key has a name, spaces and a scope");
    }

    private static string NameOf(JsonNode node)
    {
        node.RequireText();
        var name = node.ToString();
        return name.Length is > 0 and <= KeyRecord.MaxNameLength && !name.Any(char.IsControl)
            ? name
            : throw node.Refuse($"must have 1 to {KeyRecord.MaxNameLength} characters, none of them a control character");
    }

    private static List<SpacePattern> SpacesOf(JsonNode node)
    {
        var spaces = new List<SpacePattern>();
        foreach (var item in node.RequireArray().Items)
        {
            item.RequireText();
            spaces.Add(SpacePattern.TryParse(item.ToString(), out var pattern)
                ? pattern
                : throw item.Refuse("must be the name of a space, a prefix such as acme-*, or * for all"));
        }

        return spaces.Count is > 0 and <= KeyRecord.MaxSpaces ? spaces : throw node.Refuse($"must have 1 to {KeyRecord.MaxSpaces} items");
    }

    private static Timestamp? InstantOf(JsonNode node, Timestamp now)
    {
        if (node.IsNull)
        {
            return null;
        }

        return !InstantText.TryParse(node.RequireText(), out var instant) ? throw node.Refuse("must be an instant such as 2026-01-31T12:00:00Z")
            : instant > now ? instant
            : throw node.Refuse("is over already");
    }
}
