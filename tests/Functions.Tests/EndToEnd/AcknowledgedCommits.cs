using System.Collections.Concurrent;
using System.Text.Json;

namespace Cairn.Functions.Tests.EndToEnd;

/// <summary>What clients were told is safe, and what must therefore be found. Any thread may add.</summary>
internal sealed class AcknowledgedCommits
{
    /// <summary>Stands for the id of a commit that nobody names: what its place in the hub makes begins so.</summary>
    public const string NamedByTheHub = "eh-";

    private readonly ConcurrentQueue<Acknowledged> _all = [];

    public int Count => _all.Count;

    /// <summary>A commit that puts one new concept.</summary>
    public void AddPut(string space, string id, string concept, long? position = null) => Add(space, id, [("created", concept)], position);

    /// <param name="space">Where it is.</param>
    /// <param name="id">The commit's.</param>
    /// <param name="effects">What each of its operations does, and to which concept.</param>
    /// <param name="position">Where the client was told that it is; null: it was not told.</param>
    public void Add(string space, string id, (string Effect, string Concept)[] effects, long? position) => _all.Enqueue(new(space, id, effects, position));

    /// <summary>Ids of the concepts that must be there, in the order of lists.</summary>
    public IEnumerable<string> ConceptsOf(string space)
    {
        var effects = Of(space).SelectMany(static commit => commit.Effects).ToList();
        return effects.Where(static each => each.Effect == "created").Select(static each => each.Concept)
            .Except(effects.Where(static each => each.Effect == "deleted").Select(static each => each.Concept))
            .Order(StringComparer.Ordinal);
    }

    /// <summary>The changes of a space are these commits: each once, with its effects, at the place that was told.</summary>
    public void RequireOnce(string space, IReadOnlyList<JsonElement> changes)
    {
        var commits = Of(space).ToList();
        Assert.Equal(commits.Select(static commit => Told(commit.Id, commit.Effects)).Order(StringComparer.Ordinal), changes.Select(Told).Order(StringComparer.Ordinal));
        var positions = changes.ToDictionary(static change => change.GetProperty("id").GetString()!, static change => change.GetProperty("position").GetInt64());
        Assert.All(commits.Where(static commit => commit.Position is not null), commit => Assert.Equal(commit.Position, positions[commit.Id]));
    }

    private IEnumerable<Acknowledged> Of(string space) => _all.Where(commit => commit.Space == space);

    private static string Told(JsonElement change)
    {
        var id = change.GetProperty("id").GetString()!;
        var effects = change.GetProperty("results").EnumerateArray().Select(static result => (result.GetProperty("effect").GetString()!, result.GetProperty("id").GetString()!));
        return Told(id.StartsWith(NamedByTheHub, StringComparison.Ordinal) ? NamedByTheHub : id, effects);
    }

    private static string Told(string id, IEnumerable<(string Effect, string Concept)> effects) =>
        $"{id}: {string.Join(", ", effects.Select(static each => $"{each.Effect} {each.Concept}"))}";

    private sealed record Acknowledged(string Space, string Id, (string Effect, string Concept)[] Effects, long? Position);
}
