using System.Text;
using Cairn.Functions.Answers;
using Cairn.Functions.Endpoints;
using Cairn.Functions.Routing;
using Cairn.Snapshots;

namespace Cairn.Functions.Mcp;

/// <summary>
/// Writes entities, and the relations that touch them, of one snapshot. Invariants: at least one entity is written if there are any; past <paramref name="budgetBytes"/> no
/// other one is begun, nor, past as much again, another relation.
/// </summary>
internal sealed class GraphAnswer(Reading reading, GraphDetail detail, int budgetBytes)
{
    /// <summary>What entities take at most before a page ends, and relations as much again: some 130,000 tokens at the very most, half of that in practice.</summary>
    public const int PageBytes = 256 * 1024;

    private const int ShortenedBytes = 160;

    private readonly Snapshot _snapshot = reading.Snapshot;

    /// <summary>All was written: no page was cut, no relation left out.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>Writes some entities.</summary>
    /// <param name="json">Takes an object.</param>
    /// <param name="rows">Of the entities, ascending.</param>
    /// <param name="hasMore">There are others behind them.</param>
    /// <param name="isGraph">They are all there are: relations between names that are no entities belong to them.</param>
    public void Write(JsonWriter json, IReadOnlyList<int> rows, bool hasMore, bool isGraph)
    {
        json.WriteStartObject();
        var written = WriteEntities(json, rows);
        IsComplete = written == rows.Count && !hasMore;
        json.WriteStartArray("relations"u8);
        var omitted = detail == GraphDetail.Names ? 0 : WriteRelations(json, isGraph && IsComplete ? AllRelations() : Touching(rows, written), json.LengthBytes + budgetBytes);
        json.WriteEndArray();
        if (!IsComplete)
        {
            json.WriteString("nextCursor"u8, _snapshot.Concept(rows[written - 1]).Id);
        }

        if (omitted > 0)
        {
            json.WriteNumber("omittedRelations"u8, omitted);
            IsComplete = false;
        }

        json.WriteEndObject();
    }

    private int WriteEntities(JsonWriter json, IReadOnlyList<int> rows)
    {
        var written = 0;
        json.WriteStartArray("entities"u8);
        for (; written < rows.Count && (written == 0 || json.LengthBytes < budgetBytes); written++)
        {
            json.WriteStartObject();
            WriteEntity(json, _snapshot.Concept(rows[written]));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        return written;
    }

    private void WriteEntity(JsonWriter json, ConceptView concept)
    {
        switch (detail)
        {
            case GraphDetail.Full:
                EntityJson.WriteMembers(json, concept);
                break;
            case GraphDetail.Summary:
                EntityJson.WriteName(json, concept);
                WriteSummary(json, concept);
                break;
            default:
                EntityJson.WriteName(json, concept);
                break;
        }
    }

    private static void WriteSummary(JsonWriter json, ConceptView concept)
    {
        var count = 0;
        json.WriteStartArray("observations"u8);
        for (var texts = ObservationReader.Of(concept); texts.TryRead(out var text); count++)
        {
            if (count == 0)
            {
                json.WriteStringValue(Shorten(text));
            }
        }

        json.WriteEndArray();
        json.WriteNumber("observationCount"u8, count);
    }

    private static string Shorten(ReadOnlySpan<byte> text)
    {
        if (text.Length <= ShortenedBytes)
        {
            return Encoding.UTF8.GetString(text);
        }

        var end = ShortenedBytes;
        while ((text[end] & 0xC0) == 0x80)
        {
            end--; // in the middle of a character
        }

        return Encoding.UTF8.GetString(text[..end]) + "…";
    }

    // Answers how many did not fit.
    private int WriteRelations(JsonWriter json, List<int> associations, int endBytes)
    {
        var written = 0;
        for (; written < associations.Count && json.LengthBytes < endBytes; written++)
        {
            json.WriteStartObject();
            EntityJson.WriteMembers(json, _snapshot, _snapshot.Association(associations[written]));
            json.WriteEndObject();
        }

        return associations.Count - written;
    }

    private List<int> AllRelations()
    {
        var associations = new List<int>();
        for (var row = 0; row < _snapshot.AssociationRows; row++)
        {
            Add(associations, row);
        }

        return associations;
    }

    // One between two of the entities is met at both.
    private List<int> Touching(IReadOnlyList<int> rows, int count)
    {
        var met = new HashSet<int>();
        var associations = new List<int>();
        for (var i = 0; i < count; i++)
        {
            foreach (var edge in _snapshot.Neighbors(rows[i], Direction.Both))
            {
                if (met.Add(edge.Association))
                {
                    Add(associations, edge.Association);
                }
            }
        }

        associations.Sort();
        return associations;
    }

    private void Add(List<int> associations, int row)
    {
        if (Liveness.ShowsWithEnds(reading.Visibility, _snapshot.Association(row)))
        {
            associations.Add(row);
        }
    }
}
