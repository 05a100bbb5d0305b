using System.Text.Json;

namespace Cairn.Infra.Tests.Cosmos.StandIn;

/// <summary>JSON as Cosmos DB sees it: null, bool, double, string, lists and named values, and <see cref="Undefined"/> for what is not there.</summary>
internal static class StandInValue
{
    public static readonly object Undefined = new();

    public static object? Parse(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        using var document = JsonDocument.ParseValue(ref reader);
        return From(document.RootElement);
    }

    public static object? From(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => new OrderedDictionary<string, object?>(json.EnumerateObject().Select(static member => KeyValuePair.Create(member.Name, From(member.Value)))),
        JsonValueKind.Array => json.EnumerateArray().Select(From).ToList(),
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    public static byte[] Bytes(object? value)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            Write(json, value);
        }

        return bytes.ToArray();
    }

    public static object? Member(object? value, string name) => value is OrderedDictionary<string, object?> members && members.TryGetValue(name, out var member) ? member : Undefined;

    /// <summary>Null: the two do not compare.</summary>
    public static int? Compare(object? left, object? right) => (left, right) switch
    {
        (double x, double y) => x.CompareTo(y),
        (string x, string y) => string.CompareOrdinal(x, y),
        (bool x, bool y) => x.CompareTo(y),
        (null, null) => 0,
        _ => null,
    };

    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (List<object?> x, List<object?> y) => x.Count == y.Count && x.Zip(y).All(static pair => AreEqual(pair.First, pair.Second)),
        (OrderedDictionary<string, object?> x, OrderedDictionary<string, object?> y) => x.Count == y.Count && x.All(member => AreEqual(member.Value, Member(y, member.Key))),
        _ => Compare(left, right) == 0,
    };

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case double number when number == Math.Floor(number) && Math.Abs(number) < 1e15:
                json.WriteNumberValue((long)number);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case List<object?> items:
                json.WriteStartArray();
                items.ForEach(item => Write(json, item));
                json.WriteEndArray();
                break;
            case OrderedDictionary<string, object?> members:
                json.WriteStartObject();
                foreach (var (name, member) in members.Where(static member => !ReferenceEquals(member.Value, Undefined)))
                {
                    json.WritePropertyName(name);
                    Write(json, member);
                }

                json.WriteEndObject();
                break;
            default:
                throw new InvalidOperationException($"a value of type {value.GetType()}");
        }
    }
}
