using System.Text;
using Cairn.Domain.Tests.Reconciliation;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Query;

/// <summary>Graphs for queries, each built by replay from a program of bytes, four a step, so that FsCheck can shrink it.</summary>
internal sealed class QueryGraph
{
    /// <summary>In an order that is not that of their bytes.</summary>
    public static readonly string[] Ids = ["m", "ab", "é", "a", "concept-9", "concept-10", "z"];

    public static readonly string[] Types = ["knows", "is", "knowsNot"];
    public static readonly string[] Labels = ["person", "place", "p"];
    private static readonly string[] Keys = ["", "k2", "k1"];

    // Exact in binary, so that products of equal weights are equal in any order; ties are wanted.
    private static readonly float[] Strengths = [1, 0.5f, 0.25f, 1];

    private readonly ReplayHarness _replay = new();

    /// <summary>The instant of the questions: some concepts have expired by then, some have not.</summary>
    public Timestamp Now => _replay.Now.Plus(TimeSpan.FromMinutes(2));

    /// <summary>The time of the commits that come next.</summary>
    public Timestamp Written => _replay.Now;

    public TimeSpan HalfLife
    {
        init => _replay.State.Settings = _replay.State.Settings with { HalfLife = value };
    }

    public void Pass(TimeSpan span) => _replay.Now = _replay.Now.Plus(span);

    public static string Text(Snapshot snapshot, int concept) => Encoding.UTF8.GetString(snapshot.Concept(concept).Id);

    public static byte[] Id(string id) => Encoding.UTF8.GetBytes(id);

    public Snapshot Publish() => _replay.Publish();

    /// <summary>Runs a program; answers the snapshot at its half, whose adjacency also holds what came later, and the one at its end.</summary>
    public static (QueryGraph Graph, Snapshot Half, Snapshot End) Run(byte[] program)
    {
        var graph = new QueryGraph();
        var steps = program.Chunk(4).Where(step => step.Length == 4).ToArray();
        foreach (var step in steps[..(steps.Length / 2)])
        {
            graph.Step(step);
        }

        var half = graph.Publish();
        foreach (var step in steps[(steps.Length / 2)..])
        {
            graph.Step(step);
        }

        return (graph, half, graph.Publish());
    }

    /// <summary>Concepts with a few hubs among them, some of them gone; weights that are powers of two.</summary>
    public static QueryGraph Random(Random random, int concepts, int associations)
    {
        var graph = new QueryGraph();
        string Any() => $"c{random.Next(random.Next(1, concepts + 1))}";
        for (var i = 0; i < associations; i++)
        {
            graph.Associate(Any(), Any(), Types[random.Next(3)], Keys[random.Next(3)], Strengths[random.Next(4)], Strengths[random.Next(4)]);
        }

        graph.Put("c1");
        graph.Delete("c1");
        graph.PutExpiring("c2", TimeSpan.FromMinutes(1));
        graph.Associate("c2", "c3");
        graph.Associate("c4", "c2");
        return graph;
    }

    public void Put(string id, params string[] labels) =>
        _replay.Commit(writer => writer.Put(new Concept { Id = id, Labels = labels }, OnExists.Replace));

    public void PutTexts(string id, string attribute, params string[] texts) => _replay.Commit(writer => writer.Put(
        new Concept { Id = id, Attributes = new Dictionary<string, Value> { [attribute] = Array.ConvertAll(texts, static text => (Value)text) } }, OnExists.Replace));

    public void PutExpiring(string id, TimeSpan life) =>
        _replay.Commit(writer => writer.Put(new Concept { Id = id, Labels = Labels, ExpiresAt = _replay.Now.Plus(life) }, OnExists.Replace));

    public void Delete(string id) => _replay.Commit(writer => writer.Delete(Id(id), OnMissing.Skip));

    public void Associate(string source, string target, string type = "knows", string key = "", float strength = 1, float confidence = 1, Timestamp? validFrom = null) =>
        _replay.Commit(writer => writer.Associate(
            new Association { Key = new(source, type, target, key), Strength = strength, Confidence = confidence, ValidFrom = validFrom },
            OnExists.Replace,
            MissingEndpoints.Imply));

    public void Associate(IEnumerable<(string Source, string Target)> pairs)
    {
        foreach (var chunk in pairs.Chunk(2000))
        {
            _replay.Commit(writer =>
            {
                foreach (var (source, target) in chunk)
                {
                    writer.Associate(new Association { Key = new(source, "knows", target) }, OnExists.Replace, MissingEndpoints.Imply);
                }
            });
        }
    }

    public void Dissociate(string source, string target, string type = "knows", string key = "") =>
        _replay.Commit(writer => writer.Dissociate(new(Id(source), Id(type), Id(target), Id(key)), OnMissing.Skip));

    private void Step(byte[] step)
    {
        var (a, b, c) = (Ids[step[1] % Ids.Length], Ids[step[2] % Ids.Length], step[3]);
        var (type, key) = (Types[c % 3], Keys[c / 3 % 3]);
        switch (step[0] % 16)
        {
            case 0 or 1:
                Put(a, Labels[..(c % 4)]);
                break;
            case 2:
                PutExpiring(a, TimeSpan.FromMinutes(c % 5));
                break;
            case 3:
                Delete(a);
                break;
            case 4 or 5:
                Dissociate(a, b, type, key);
                break;
            case 6:
                Associate(a, b, type, key, validFrom: Now.Plus(TimeSpan.FromMinutes((c % 3) - 1)));
                break;
            default:
                Associate(a, b, type, key, Strengths[c / 9 % 4], Strengths[c / 36 % 4]);
                break;
        }
    }
}
