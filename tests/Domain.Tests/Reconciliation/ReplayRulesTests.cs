using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Reconciliation;

/// <summary>Rules of replay that the reference model found broken, each as the smallest case.</summary>
public sealed class ReplayRulesTests
{
    private readonly ReplayHarness _replay = new();

    [Fact]
    public void Associate_WhenOneEndExpiredAndTheOtherWasImpliedByIt_ImpliesBoth()
    {
        Associate("ghost", "memory", MissingEndpoints.Imply);
        _replay.Commit(writer => writer.Put(new Concept { Id = "memory", ExpiresAt = _replay.Now.Plus(TimeSpan.FromHours(1)) }, OnExists.Replace));
        _replay.Now = _replay.Now.Plus(TimeSpan.FromHours(2));

        Associate("ghost", "memory", MissingEndpoints.Imply);

        var snapshot = _replay.Publish();
        Assert.True(snapshot.Concept(snapshot.FindConcept("ghost"u8)).IsImplied);
        Assert.True(snapshot.Concept(snapshot.FindConcept("memory"u8)).IsImplied);
        Assert.Equal((0L, 1L), (snapshot.ConceptCount, snapshot.AssociationCount));
    }

    [Fact]
    public void Commit_WhenForgottenBeforeTheWindowGrew_IsExpired()
    {
        Configure(TimeSpan.FromHours(1));
        var sent = _replay.Now;
        _replay.Commit(writer => writer.Delete("a"u8, OnMissing.Skip), "key", sent);
        _replay.Now = sent.Plus(TimeSpan.FromHours(2));
        _replay.Commit(writer => writer.Delete("b"u8, OnMissing.Skip));
        Configure(TimeSpan.FromHours(24));

        var again = _replay.Commit(writer => writer.Delete("a"u8, OnMissing.Skip), "key", sent);

        Assert.Equal((OutcomeKind.Rejected, RejectionReason.Expired), (again.Kind, again.Reason));
    }

    [Fact]
    public void Patch_WhenItemsAreTooManyOnlyBeforeSomeGo_IsFine()
    {
        _replay.Commit(writer => writer.Put(new Concept { Id = "a", Attributes = List(Enumerable.Range(0, Limits.Items)) }, OnExists.Replace));

        var swapped = _replay.Commit(writer => ChangeItems(writer, add: [5000, 5001], remove: [0, 1]));
        var tooMany = _replay.Commit(writer => ChangeItems(writer, add: [6000, 6001], remove: [2]));

        Assert.Equal(Effect.Updated, Assert.Single(swapped.Results).Effect);
        Assert.Equal((RejectionReason.Limit, 0), (tooMany.Reason, tooMany.Operation));
    }

    [Fact]
    public void Patch_WhenItemsStandTwice_AddsNoneAndRemovesBoth()
    {
        _replay.Commit(writer => writer.Put(new Concept { Id = "a", Attributes = List([1, 2, 1, 3]) }, OnExists.Replace));

        _replay.Commit(writer => AddItems(writer, "list", [1, 4, 4]));
        Assert.Equal([1, 2, 1, 3, 4], Items());
        _replay.Commit(writer => AddItems(writer, "list", [1], remove: true));
        Assert.Equal([2, 3, 4], Items());
    }

    /// <summary>A value that grew without end would some day be one that replay cannot store: the space could not be opened any more.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Patch_WhenAnAttributeWouldGrowPastACommit_IsOverTheLimit(bool inBag)
    {
        if (inBag)
        {
            UseUpColumns();
        }

        var large = new Value[] { Enumerable.Repeat<Value>(new string('x', Limits.AttributeBytes), 40).ToArray() };
        var other = new Value[] { Enumerable.Repeat<Value>(new string('y', Limits.AttributeBytes), 40).ToArray() };
        _replay.Commit(writer => AddItems(writer, "list", large));

        Assert.Equal(RejectionReason.Limit, _replay.Commit(writer => AddItems(writer, "list", other)).Reason);
        Assert.Equal(inBag ? RejectionReason.Limit : RejectionReason.None, _replay.Commit(writer => AddItems(writer, "another", other)).Reason);
        Assert.Equal(Effect.Unchanged, Assert.Single(_replay.Commit(writer => AddItems(writer, "list", large)).Results).Effect);
    }

    /// <summary>Each operation rewrites the whole array: what lies between the first and the last must not pile up.</summary>
    [Fact]
    public void Commit_WhenManyOperationsRewriteOneArray_NeedsLittleMemory()
    {
        var texts = Enumerable.Range(0, 500).Select(number => (Value)new string((char)('a' + (number % 26)), 1000 + number)).ToArray();
        _replay.Commit(writer => AddItems(writer, "list", texts));
        var before = _replay.State.Concepts.StoredBytes;

        _replay.Commit(writer =>
        {
            for (var i = 0; i < 1000; i++)
            {
                AddItems(writer, "list", [i % 100]);
                AddItems(writer, "list", [i % 100], remove: true);
            }
        });

        Assert.InRange(_replay.State.Concepts.StoredBytes, 0, 4 * before);
    }

    private IEnumerable<long> Items()
    {
        var snapshot = _replay.Publish();
        Assert.True(snapshot.Concept(snapshot.FindConcept("a"u8)).TryGetAttribute("list"u8, out var list));
        return list.ToValue().AsArray.Select(item => item.AsInt64);
    }

    private static Dictionary<string, Value> List(IEnumerable<int> items) => new() { ["list"] = items.Select(item => (Value)item).ToArray() };

    private static void ChangeItems(CommitWriter writer, Value[] add, Value[] remove)
    {
        writer.BeginPatch("a"u8, OnMissing.Fail);
        writer.BeginAddItems();
        writer.Attribute("list"u8);
        writer.Value(add);
        writer.EndAttributes();
        writer.BeginRemoveItems();
        writer.Attribute("list"u8);
        writer.Value(remove);
        writer.EndAttributes();
        writer.EndOperation();
    }

    private static void AddItems(CommitWriter writer, string name, Value[] items, bool remove = false)
    {
        writer.BeginPatch("a"u8, OnMissing.Create);
        if (remove)
        {
            writer.BeginRemoveItems();
        }
        else
        {
            writer.BeginAddItems();
        }

        writer.Attribute(Encoding.UTF8.GetBytes(name));
        writer.Value(items);
        writer.EndAttributes();
        writer.EndOperation();
    }

    /// <summary>Names until no column is left: further attributes live in each row's bag.</summary>
    private void UseUpColumns() => _replay.Commit(writer =>
    {
        for (var concept = 0; concept < Limits.AttributeColumns / 200 + 1; concept++)
        {
            var names = Enumerable.Range(concept * 200, 200).Select(number => "name" + number);
            writer.Put(new Concept { Id = "filler" + concept, Attributes = names.ToDictionary(name => name, _ => (Value)1) }, OnExists.Replace);
        }
    });

    private void Configure(TimeSpan idempotencyWindow)
    {
        var body = SettingsCodec.Write(SpaceSettings.Default with { IdempotencyWindow = idempotencyWindow });
        var frame = new byte[FrameFormat.SystemFrameBytes(body.Length)];
        FrameFormat.WriteSystemFrame(frame, FrameKind.Configuration, body, new(99), (ulong)_replay.Frames.Count + 1, _replay.Now);
        Assert.Null(_replay.Apply(frame));
    }

    private void Associate(string source, string target, MissingEndpoints endpoints) =>
        _replay.Commit(writer => writer.Associate(new Association { Key = new(source, "knows", target) }, OnExists.Replace, endpoints));
}
