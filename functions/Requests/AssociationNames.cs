using Cairn.Formats;
using Cairn.Functions.Json;

namespace Cairn.Functions.Requests;

/// <summary>The four members that name an association, gathered in any order.</summary>
internal struct AssociationNames
{
    private JsonNode? _source, _type, _target, _key;

    /// <summary>Whether any of them was given.</summary>
    public readonly bool Any => _source is not null || _type is not null || _target is not null || _key is not null;

    public bool TryTake(JsonMember member)
    {
        if (member.Is("source"u8))
        {
            _source = member.Value;
        }
        else if (member.Is("type"u8))
        {
            _type = member.Value;
        }
        else if (member.Is("target"u8))
        {
            _target = member.Value;
        }
        else if (member.Is("key"u8))
        {
            _key = member.Value;
        }
        else
        {
            return false;
        }

        return true;
    }

    /// <summary>The whole name. <paramref name="owner"/> is blamed for what is missing.</summary>
    public readonly AssociationName Require(JsonNode owner)
    {
        owner.Mark();
        return new(Text(owner, _source, "source"), Text(owner, _type, "type"), Text(owner, _target, "target"), _key is { } key ? key.RequireText() : default);
    }

    /// <summary>On a route that names the association in its path, the body repeats the names or leaves them out.</summary>
    public readonly void RequireEqual(in AssociationName path)
    {
        RequireEqual(_source, path.Source);
        RequireEqual(_type, path.Type);
        RequireEqual(_target, path.Target);
        RequireEqual(_key, path.Key);
    }

    private static void RequireEqual(JsonNode? node, ReadOnlySpan<byte> expected)
    {
        if (node is { } given && !given.RequireText().SequenceEqual(expected))
        {
            throw given.Refuse("must be absent or equal to the path's");
        }
    }

    private static ReadOnlySpan<byte> Text(JsonNode owner, JsonNode? node, string name) =>
        node is { } given ? given.RequireText() : throw owner.Refuse($"{name} is missing");
}
