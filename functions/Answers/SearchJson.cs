using Cairn.Functions.Routing;
using Cairn.Query.Search;

namespace Cairn.Functions.Answers;

/// <summary>What a search found, in the shape of the contract.</summary>
internal static class SearchJson
{
    /// <summary>Writes an item; false: the concept does not fit into the budget, and nothing was written.</summary>
    public static bool TryWrite(JsonWriter json, Reading reading, in SearchHit hit, FieldSelection fields, bool explains, TokenBudget budget)
    {
        var begin = json.Place;
        json.WriteStartObject();
        json.WritePropertyName("concept"u8);
        var before = json.LengthBytes;
        ConceptJson.Write(json, reading.Snapshot.Concept(hit.Row), fields, reading.Now);
        if (!budget.TrySpend(json.LengthBytes - before))
        {
            json.GoBack(begin);
            return false;
        }

        WriteFloat(json, "score"u8, hit.Score);
        if (explains)
        {
            WriteExplanation(json, hit);
        }

        json.WriteEndObject();
        return true;
    }

    private static void WriteExplanation(JsonWriter json, in SearchHit hit)
    {
        json.WriteStartObject("explain"u8);
        WriteRank(json, "text"u8, hit.Text);
        WriteRank(json, "vector"u8, hit.Vector);
        WriteRank(json, "graph"u8, hit.Graph);
        WriteFloat(json, "fused"u8, hit.Fused);
        WriteFloat(json, "boost"u8, hit.Boost);
        json.WriteEndObject();
    }

    // A ranking that did not find it is null.
    private static void WriteRank(JsonWriter json, ReadOnlySpan<byte> name, ComponentRank rank)
    {
        if (rank.Rank == 0)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteNumber("rank"u8, rank.Rank);
        WriteFloat(json, "score"u8, rank.Score);
        json.WriteEndObject();
    }

    private static void WriteFloat(JsonWriter json, ReadOnlySpan<byte> name, double value)
    {
        json.WritePropertyName(name);
        ValueJson.WriteFloat(json, value);
    }
}
