using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Reconciliation;

public sealed class CommitApplierTests
{
    private readonly ReplayHarness _replay = new();

    [Fact]
    public void Put_WhenNew_CreatesWithEveryMember()
    {
        var outcome = _replay.Commit(writer => writer.Put(
            new Concept
            {
                Id = "ada",
                Labels = ["person", "pioneer"],
                Content = "Wrote the first program.",
                MediaType = "text/plain",
                Attributes = new Dictionary<string, Value> { ["born"] = 1815, ["name"] = "Ada", ["score"] = 0.5, ["alive"] = false, ["fields"] = new Value[] { "mathematics" } },
                Vector = [0.5f, -1],
                Strength = 0.25f,
                Confidence = 0.75f,
            },
            OnExists.Replace));

        Assert.Equal([new OperationResult(Effect.Created, outcome.Position)], outcome.Results);
        var ada = Find("ada");
        Assert.True(ada.Exists(_replay.Now));
        Assert.Equal("Wrote the first program.", Encoding.UTF8.GetString(ada.Content));
        Assert.Equal(["person", "pioneer"], Enumerable.Range(0, ada.LabelCount).Select(i => Encoding.UTF8.GetString(Find("ada").Label(i))));
        Assert.Equal((0.25f, 0.75f, outcome.Position), (ada.Strength, ada.Confidence, ada.Version));
        Assert.True(ada.TryGetAttribute("born"u8, out var born));
        Assert.Equal(1815, born.Bits);
        var names = new List<string>();
        foreach (var attribute in ada.Attributes)
        {
            names.Add(Encoding.UTF8.GetString(attribute.Name));
        }

        Assert.Equal(["alive", "born", "fields", "name", "score"], names);
        Assert.Equal(2, ada.VectorDimensions);
    }

    // Nobody is let in with one today; a log of before may have it, and opens as it was decided then.
    [Fact]
    public void Commit_WhenAVectorIsAllZeros_IsApplied()
    {
        var outcome = _replay.Commit(writer => writer.Put(new() { Id = "a", Vector = [0, 0] }, OnExists.Replace));

        Assert.Equal([new OperationResult(Effect.Created, outcome.Position)], outcome.Results);
        Assert.Equal(2, Find("a").VectorDimensions);
    }

    [Fact]
    public void Commit_WhenOneOperationFails_ChangesNothing()
    {
        _replay.Commit(writer => Put(writer, "a", "one"));
        _replay.Commit(writer => Put(writer, "b", "one"));
        _replay.Commit(writer => Associate(writer, "a", "b"));
        var before = _replay.Publish();

        var outcome = _replay.Commit(writer =>
        {
            Put(writer, "c", "new");
            Put(writer, "a", "two");
            writer.Delete("b"u8, OnMissing.Fail);
            Associate(writer, "a", "c");
            Associate(writer, "x", "y", MissingEndpoints.Imply);
            writer.Delete("nobody"u8, OnMissing.Fail);
        });

        Assert.Equal((OutcomeKind.Rejected, RejectionReason.Missing, 5), (outcome.Kind, outcome.Reason, outcome.Operation));
        var after = _replay.Publish();
        Assert.Equal((2L, 1L), (after.ConceptCount, after.AssociationCount));
        Assert.Equal("one", Content(after, "a"));
        Assert.False(after.Concept(after.FindConcept("c"u8)).Exists(_replay.Now));
        Assert.False(after.Concept(after.FindConcept("x"u8)).IsImplied);
        Assert.Equal(before.Concept(0).Version, after.Concept(0).Version);
        Assert.Single(Neighbors(after, "a"));

        // The rows that the undone commit added are still usable.
        _replay.Commit(writer =>
        {
            Put(writer, "c", "new");
            Associate(writer, "a", "c");
        });
        Assert.Equal(2, Neighbors(_replay.Publish(), "a").Count);
    }

    [Fact]
    public void Snapshot_WhenLaterCommitsChangeEverything_StaysAsItWas()
    {
        _replay.Commit(writer => Put(writer, "a", "one"));
        _replay.Commit(writer => Put(writer, "b", "one"));
        _replay.Commit(writer => Associate(writer, "a", "b"));
        var old = _replay.Publish();
        for (var i = 0; i < 1000; i++)
        {
            _replay.Commit(writer => Put(writer, "a", "two" + i));
            _replay.Commit(writer => Put(writer, "c" + i, "x"));
            _replay.Commit(writer => Associate(writer, "a", "c" + i));
            _replay.Publish();
        }

        _replay.Commit(writer => writer.Delete("b"u8, OnMissing.Fail));
        var now = _replay.Publish();
        Assert.Equal("one", Content(old, "a"));
        Assert.Single(Neighbors(old, "a"));
        Assert.True(old.Concept(old.FindConcept("b"u8)).Exists(_replay.Now));
        Assert.Equal(-1, old.FindConcept("c1"u8));
        Assert.Equal(1000, Neighbors(now, "a").Count);
        Assert.Equal("two999", Content(now, "a"));
    }

    [Fact]
    public void Duplicate_WhenSameIdAndBody_GivesTheFirstOutcome()
    {
        var first = _replay.Commit(writer => Put(writer, "a", "one"), "key-1");
        var again = _replay.Commit(writer => Put(writer, "a", "one"), "key-1");
        var other = _replay.Commit(writer => Put(writer, "a", "two"), "key-1");

        Assert.True(again.IsDuplicate);
        Assert.Equal(first.Position, again.Position);
        Assert.Equal(first.Results, again.Results);
        Assert.Equal(RejectionReason.Reused, other.Reason);
        Assert.Equal("one", Content(_replay.Publish(), "a"));
    }

    [Fact]
    public void Frame_WhenAppendedTwice_AppliesOnce()
    {
        _replay.Commit(writer => Put(writer, "a", "one"));
        _replay.Commit(writer => writer.Reinforce("a"u8, 0.5f, OnMissing.Fail));
        var version = Find("a").Version;

        Assert.Null(_replay.Apply(_replay.Frames[^1]));
        Assert.Equal(version, Find("a").Version);
    }

    [Fact]
    public void Implied_WhenItsLastAssociationGoes_IsGone()
    {
        _replay.Commit(writer => Put(writer, "a", "one"));
        _replay.Commit(writer => Associate(writer, "a", "ghost", MissingEndpoints.Imply));
        Assert.True(Find("ghost").IsImplied);
        Assert.Equal(RejectionReason.Missing, _replay.Commit(writer => writer.Delete("ghost"u8, OnMissing.Fail)).Reason);
        Assert.Equal(RejectionReason.MissingEndpoint, _replay.Commit(writer => Associate(writer, "a", "ghost")).Reason);

        _replay.Commit(writer => writer.Dissociate(new("a"u8, "knows"u8, "ghost"u8, default), OnMissing.Fail));
        Assert.False(Find("ghost").IsImplied);
    }

    [Fact]
    public void Update_WhenRepeatedForEver_LeavesMemoryFlat()
    {
        var text = new string('x', 300);
        long Bytes() => _replay.State.Concepts.StoredBytes;
        void Round(int round)
        {
            for (var batch = 0; batch < 4; batch++)
            {
                _replay.Commit(writer =>
                {
                    for (var i = 0; i < 250; i++)
                    {
                        Put(writer, $"c{i + (batch * 250)}", text + round + i);
                    }
                });
                _replay.State.Concepts.Compact(8);
                _replay.Publish();
            }
        }

        for (var round = 0; round < 20; round++)
        {
            Round(round);
        }

        var settled = Bytes();
        for (var round = 20; round < 200; round++)
        {
            Round(round);
        }

        Assert.InRange(Bytes(), 0, settled * 2);
        Assert.EndsWith("199249", Content(_replay.Publish(), "c249"), StringComparison.Ordinal);
    }

    private static void Put(CommitWriter writer, string id, string content) =>
        writer.Put(new Concept { Id = id, Content = content }, OnExists.Replace);

    private static void Associate(CommitWriter writer, string source, string target, MissingEndpoints endpoints = MissingEndpoints.Fail) =>
        writer.Associate(new Association { Key = new(source, "knows", target) }, OnExists.Replace, endpoints);

    private static string Content(Snapshot snapshot, string id) =>
        Encoding.UTF8.GetString(snapshot.Concept(snapshot.FindConcept(Encoding.UTF8.GetBytes(id))).Content);

    private static List<NeighborEdge> Neighbors(Snapshot snapshot, string id)
    {
        var found = new List<NeighborEdge>();
        foreach (var edge in snapshot.Neighbors(snapshot.FindConcept(Encoding.UTF8.GetBytes(id)), Direction.Both))
        {
            found.Add(edge);
        }

        return found;
    }

    private ConceptView Find(string id)
    {
        var snapshot = _replay.Publish();
        return snapshot.Concept(snapshot.FindConcept(Encoding.UTF8.GetBytes(id)));
    }
}
