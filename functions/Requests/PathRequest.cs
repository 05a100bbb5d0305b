using Cairn.Functions.Json;
using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Functions.Requests;

/// <summary>The body of …/paths.</summary>
internal sealed record PathRequest(JsonNode From, JsonNode To)
{
    private const int DefaultMaxDepth = 6;

    public PathMode Mode { get; private set; }

    public Direction Direction { get; private set; }

    public List<string> Types { get; } = [];

    public int MaxDepth { get; private set; } = DefaultMaxDepth;

    public int Limit { get; private set; } = 1;

    public static PathRequest Read(JsonNode body)
    {
        var request = new PathRequest(IdOf(body, "from"u8), IdOf(body, "to"u8));
        foreach (var member in body.Members)
        {
            request.Take(member);
        }

        return request;
    }

    private void Take(JsonMember member)
    {
        var value = member.Value;
        if (member.Is("mode"u8))
        {
            Mode = (PathMode)value.RequireWord("shortest", "strongest");
        }
        else if (member.Is("direction"u8))
        {
            Direction = (Direction)value.RequireWord("both", "out", "in");
        }
        else if (member.Is("types"u8))
        {
            foreach (var type in value.RequireArray().Items)
            {
                type.RequireText();
                Types.Add(type.ToString());
            }
        }
        else if (member.Is("maxDepth"u8))
        {
            MaxDepth = (int)value.RequireInteger(1, PathQuery.MaxDepthLimit);
        }
        else if (member.Is("limit"u8))
        {
            Limit = (int)value.RequireInteger(1, PathQuery.MaxLimit);
        }
        else if (!member.Is("from"u8) && !member.Is("to"u8))
        {
            throw member.Unknown();
        }
    }

    private static JsonNode IdOf(JsonNode body, ReadOnlySpan<byte> name)
    {
        if (!body.RequireObject().TryGet(name, out var id))
        {
            throw body.Refuse($"{System.Text.Encoding.ASCII.GetString(name)} is missing");
        }

        IdReading.Require(id);
        return id;
    }
}
