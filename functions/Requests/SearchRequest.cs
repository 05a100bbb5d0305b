using System.Globalization;
using Cairn.Functions.Json;
using Cairn.Query;
using Cairn.Query.Search;

namespace Cairn.Functions.Requests;

/// <summary>The body of …/search.</summary>
internal sealed class SearchRequest
{
    private SearchRequest()
    {
    }

    /// <summary>What is asked for, without its snapshot, its time, and what it is to be near to.</summary>
    public SearchQuery Query { get; private set; } = new() { Now = default };

    /// <summary>Ids of concepts whose surroundings are asked for.</summary>
    public List<JsonNode> Near { get; } = [];

    /// <summary>About how many tokens the concepts may have together; null: any number.</summary>
    public int? MaxTokens { get; private set; }

    /// <summary>Each item says how it came to its place.</summary>
    public bool Explains { get; private set; }

    /// <summary>What two requests must share for one to go on in the list of the other.</summary>
    public uint Checksum { get; private set; }

    public static SearchRequest Read(JsonNode body)
    {
        var request = new SearchRequest();
        foreach (var member in body.RequireObject().Members)
        {
            request.Take(member);
            if (!member.Is("limit"u8) && !member.Is("maxTokens"u8) && !member.Is("explain"u8))
            {
                request.Checksum = unchecked(request.Checksum + JsonChecksum.Of(member));
            }
        }

        return request.Query is { Text.IsEmpty: true, Vector: null } && request.Near.Count == 0
            ? throw body.Refuse("say what to search for: text, vector or near")
            : request;
    }

    private void Take(JsonMember member)
    {
        var value = member.Value;
        if (member.Is("text"u8))
        {
            Query = Query with { Text = TextOf(value) };
        }
        else if (member.Is("vector"u8))
        {
            Query = Query with { Vector = value.IsNull ? null : VectorReading.Require(value) };
        }
        else if (member.Is("near"u8))
        {
            TakeNear(value);
        }
        else if (member.Is("label"u8))
        {
            Query = Query with { Labels = LabelReading.RequireAny(value) };
        }
        else if (member.Is("where"u8))
        {
            value.RequireText();
            Query = Query with { Where = WhereClause.Parse(value.ToString(), value.Pointer) };
        }
        else if (!TakeOrder(member))
        {
            TakeAnswer(member);
        }
    }

    private bool TakeOrder(JsonMember member)
    {
        var value = member.Value;
        if (member.Is("fusion"u8))
        {
            TakeFusion(value);
        }
        else if (member.Is("boost"u8))
        {
            var (strength, confidence, recency) = Factors(value, "strength"u8, "confidence"u8, "recency"u8, 0);
            Query = Query with { Boosts = new(strength, confidence, recency) };
        }
        else if (member.Is("diversity"u8))
        {
            Query = Query with { Diversity = Number(value, 1) };
        }
        else
        {
            return false;
        }

        return true;
    }

    private void TakeAnswer(JsonMember member)
    {
        var value = member.Value;
        if (member.Is("limit"u8))
        {
            Query = Query with { Limit = (int)value.RequireInteger(1, SearchQuery.MaxLimit) };
        }
        else if (member.Is("maxTokens"u8))
        {
            MaxTokens = value.IsNull ? null : (int)value.RequireInteger(1, int.MaxValue);
        }
        else if (member.Is("explain"u8))
        {
            Explains = value.RequireBool();
        }
        else
        {
            throw member.Unknown();
        }
    }

    /// <summary>Words to search for. Blanks are a search for nothing, which is a mistake; a text of stop words is none.</summary>
    public static byte[] TextOf(JsonNode text)
    {
        if (text.IsNull)
        {
            return [];
        }

        var length = text.RequireText().Length;
        return length > SearchQuery.MaxTextBytes ? throw text.OverLimit($"a text to search for has at most {SearchQuery.MaxTextBytes} bytes", SearchQuery.MaxTextBytes, length)
            : string.IsNullOrWhiteSpace(text.ToString()) ? throw text.Refuse("must not be empty: leave it out to search by vector or near alone")
            : text.Text.ToArray();
    }

    private void TakeNear(JsonNode near)
    {
        foreach (var member in near.RequireObject().Members)
        {
            if (member.Is("ids"u8))
            {
                TakeIds(member.Value);
            }
            else if (member.Is("hops"u8))
            {
                Query = Query with { Hops = (int)member.Value.RequireInteger(1, SearchQuery.MaxHops) };
            }
            else
            {
                throw member.Unknown();
            }
        }
    }

    private void TakeIds(JsonNode ids)
    {
        foreach (var id in RequireNear(ids).Items)
        {
            IdReading.Require(id);
            Near.Add(id);
        }
    }

    /// <summary>An array of as many as may be named.</summary>
    public static JsonNode RequireNear(JsonNode ids) => ids.RequireArray().Count <= SearchQuery.MaxNear ? ids
        : throw ids.OverLimit($"at most {SearchQuery.MaxNear} of them", SearchQuery.MaxNear, ids.Count);

    private void TakeFusion(JsonNode fusion)
    {
        foreach (var member in fusion.RequireObject().Members)
        {
            if (member.Is("method"u8))
            {
                Query = Query with { Method = (FusionMethod)member.Value.RequireWord("rrf", "weighted") };
            }
            else if (member.Is("weights"u8))
            {
                var (text, vector, graph) = Factors(member.Value, "text"u8, "vector"u8, "graph"u8, 1);
                Query = Query with { Weights = new(text, vector, graph) };
            }
            else
            {
                throw member.Unknown();
            }
        }
    }

    private static (double First, double Second, double Third) Factors(
        JsonNode node, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, double otherwise)
    {
        var (a, b, c) = (otherwise, otherwise, otherwise);
        foreach (var member in node.RequireObject().Members)
        {
            if (member.Is(first))
            {
                a = Number(member.Value, SearchQuery.MaxFactor);
            }
            else if (member.Is(second))
            {
                b = Number(member.Value, SearchQuery.MaxFactor);
            }
            else if (member.Is(third))
            {
                c = Number(member.Value, SearchQuery.MaxFactor);
            }
            else
            {
                throw member.Unknown();
            }
        }

        return (a, b, c);
    }

    private static double Number(JsonNode node, double most) => node.RequireNumber() is var number && number >= 0 && number <= most
        ? number
        : throw node.Refuse(string.Create(CultureInfo.InvariantCulture, $"must be 0 to {most}"));
}
