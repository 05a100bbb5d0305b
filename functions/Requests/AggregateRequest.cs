using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Model;
using Cairn.Query;
using Cairn.Query.Aggregates;

namespace Cairn.Functions.Requests;

/// <summary>The body of …/aggregate.</summary>
internal sealed class AggregateRequest
{
    private const string OrderBy = "/orderBy";
    private readonly List<FieldName> _groupBy = [];
    private readonly List<AggregateItem> _select = [];
    private WhereClause? _where;
    private string? _orderBy;
    private int _limit = 1000;

    private AggregateRequest()
    {
    }

    /// <summary>The concepts have one of them; none: or not.</summary>
    public List<string> Labels { get; private set; } = [];

    /// <summary>What is asked for, without its snapshot and time.</summary>
    public static (Aggregation Aggregation, List<string> Labels) Read(JsonNode body)
    {
        var request = new AggregateRequest();
        foreach (var member in body.RequireObject().Members)
        {
            request.Take(member);
        }

        return (new(request._groupBy, request._select, request._orderBy, OrderBy) { Now = default, Where = request._where, Limit = request._limit }, request.Labels);
    }

    private void Take(JsonMember member)
    {
        var value = member.Value;
        if (member.Is("label"u8))
        {
            Labels = LabelReading.RequireAny(value);
        }
        else if (member.Is("where"u8))
        {
            value.RequireText();
            _where = WhereClause.Parse(value.ToString(), value.Pointer);
        }
        else if (member.Is("groupBy"u8))
        {
            TakeAll(value, Limits.AggregateKeys, _groupBy, NameOf);
        }
        else if (member.Is("select"u8))
        {
            TakeAll(value, Limits.AggregateItems, _select, ItemOf);
        }
        else if (member.Is("orderBy"u8))
        {
            value.RequireText();
            _orderBy = value.ToString();
        }
        else if (member.Is("limit"u8))
        {
            _limit = (int)value.RequireInteger(1, Limits.AggregateRows);
        }
        else
        {
            throw member.Unknown();
        }
    }

    private static void TakeAll<T>(JsonNode array, int limit, List<T> items, Func<JsonNode, T> read)
    {
        if (array.RequireArray().Count > limit)
        {
            throw array.OverLimit($"at most {limit} of them", limit, array.Count);
        }

        foreach (var item in array.Items)
        {
            items.Add(read(item));
        }
    }

    private static FieldName NameOf(JsonNode name)
    {
        name.RequireText();
        return FieldName.Parse(name.ToString(), name.Pointer);
    }

    private static AggregateItem ItemOf(JsonNode item)
    {
        var (function, of, name) = ((AggregateFunction?)null, (FieldName?)null, (string?)null);
        foreach (var member in item.RequireObject().Members)
        {
            if (member.Is("fn"u8))
            {
                function = (AggregateFunction)member.Value.RequireWord("count", "sum", "avg", "min", "max");
            }
            else if (member.Is("of"u8))
            {
                of = NameOf(member.Value);
            }
            else if (member.Is("as"u8))
            {
                member.Value.RequireText();
                name = member.Value.ToString();
            }
            else
            {
                throw member.Unknown();
            }
        }

        return AggregateItem.Create(function ?? throw item.Refuse("fn is missing"), of, name, item.Pointer);
    }
}
