using Cairn.Functions.Answers;
using Cairn.Functions.Problems;

namespace Cairn.Functions.Streams;

/// <summary>Items that were not taken: all are counted, the first are listed.</summary>
internal sealed class RejectedItems(int maxListed)
{
    private readonly List<(long Line, Problem Problem)> _listed = [];

    public long Count { get; private set; }

    public bool IsCut => Count > _listed.Count;

    /// <summary>The first of them.</summary>
    public IReadOnlyList<(long Line, Problem Problem)> Listed => _listed;

    /// <summary>The first of them that is not the caller's fault.</summary>
    public Problem? FirstOfOurs { get; private set; }

    public void Add(long line, Problem problem)
    {
        Count++;
        FirstOfOurs ??= problem.Status >= 429 ? problem : null;
        if (_listed.Count < maxListed)
        {
            _listed.Add((line, problem));
        }
    }

    public void Write(JsonWriter json)
    {
        json.WriteStartArray("rejected"u8);
        foreach (var (line, problem) in _listed)
        {
            json.WriteStartObject();
            json.WriteNumber("line"u8, line);
            json.WritePropertyName("problem"u8);
            ProblemJson.Write(json, problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
