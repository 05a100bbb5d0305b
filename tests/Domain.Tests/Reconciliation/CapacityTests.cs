using System.Globalization;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots;
using Cairn.Storage;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Reconciliation;

/// <summary>A full index rejects commits, which every replay decides alike; the space goes on.</summary>
public sealed class CapacityTests
{
    private static readonly IndexCapacity Small = new(900, 1_000);

    /// <summary>A full index, and what fills it: the operation number i.</summary>
    public static TheoryData<string> Indexes => [.. Fillers.Keys];

    private static readonly Dictionary<string, Action<CommitWriter, int>> Fillers = new()
    {
        ["ids"] = (commit, i) => Put(commit, Name(i)),
        ["ids of patches"] = (commit, i) => commit.Set(Name(i), "value", i),
        ["ids of implied concepts"] = (commit, i) => Associate(commit, Name(i), "knows", "ada"),
        ["labels"] = (commit, i) => Patch(commit, () => Labels(commit, commit.BeginLabels, Name(i))),
        ["labels added"] = (commit, i) => Patch(commit, () => Labels(commit, commit.BeginAddLabels, Name(i)), Name(i % 8)),
        ["label sets"] = (commit, i) => Patch(commit, () => Labels(commit, commit.BeginLabels, $"l{i / 10}", $"m{i % 10}")),
        ["media types"] = (commit, i) => Patch(commit, () => commit.MediaType(Integers.Utf8(Name(i)))),
        ["types"] = (commit, i) => Associate(commit, "ada", Name(i), "babbage"),
        ["keys"] = (commit, i) => Associate(commit, "ada", "knows", "babbage", Name(i)),
        ["adjacency"] = (commit, i) => Associate(commit, $"s{i / 9}", "knows", $"t{i % 9}", $"k{i / 81}"),
    };

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Commit_WhenAnIndexIsFull_IsRejectedWholeAndOthersGoOn(string index)
    {
        var capacity = index == "adjacency" ? Small with { KeyBytes = uint.MaxValue } : Small;
        var replay = new ReplayHarness(capacity: capacity);
        Assert.Equal(OutcomeKind.Committed, replay.Commit(commit => Put(commit, "ada")).Kind);
        Assert.Equal(OutcomeKind.Committed, replay.Commit(commit => Put(commit, "babbage")).Kind);
        var outcomes = new List<CommitOutcome>();
        for (var i = 0; outcomes.Count(static outcome => outcome.Kind == OutcomeKind.Rejected) < 5; i++)
        {
            Assert.True(i < 50_000, "the index never fills");
            var before = replay.Publish();
            var number = i;
            outcomes.Add(replay.Commit(commit =>
            {
                commit.Reinforce("ada"u8, 0.5f, OnMissing.Fail);
                Fillers[index](commit, number);
            }));

            if (outcomes[^1].Kind == OutcomeKind.Rejected)
            {
                Assert.Equal((RejectionReason.Limit, 1), (outcomes[^1].Reason, outcomes[^1].Operation));
                RequireSame(before, replay.Publish());
            }
        }

        Assert.Equal(Effect.Updated, replay.Commit(commit => commit.Set("ada", "value", 7)).Results[0].Effect);
        Assert.Equal(Effect.Deleted, replay.Commit(commit => commit.Delete("babbage"u8, OnMissing.Fail)).Results[0].Effect);
        Assert.Equal(Effect.Created, replay.Commit(commit => Put(commit, "babbage")).Results[0].Effect);
        RequireSameReplay(replay, capacity);
    }

    [Fact]
    public void Commits_WhenIndexesAreTiny_LeaveNothingBehindWhenRejected()
    {
        var rejected = 0;
        foreach (var scenario in Generate.Scenarios(60, Generate.Operations).Generator.Sample(60, new Rnd(7, 1), 50))
        {
            foreach (var (keyBytes, rows) in new[] { (100L, 1 << 28), (900L, 2), (400L, 4) })
            {
                rejected += Run(scenario, new(keyBytes, rows));
            }
        }

        Assert.True(rejected > 100, $"only {rejected} commits met a limit");
    }

    [Fact]
    public async Task Space_WhenACommitMeetsTheLimit_TakesOthersAndReopensTheSame()
    {
        var (store, cancelled) = (new MemorySpaceStore(), TestContext.Current.CancellationToken);
        var options = EngineOptions.Default with { Capacity = Small };
        Snapshot last;
        await using (var live = await LiveSpace.OpenAsync(store, SilentEngineObserver.Instance, cancelled, options))
        {
            CommitOutcome outcome;
            var i = 0;
            do
            {
                var number = i++;
                outcome = await live.CommitAsync(commit => Put(commit, Name(number)), cancelled);
            }
            while (outcome.Kind == OutcomeKind.Committed);

            Assert.Equal(RejectionReason.Limit, outcome.Reason);
            Assert.Null(live.Space.Failure);
            Assert.Equal(OutcomeKind.Committed, (await live.CommitAsync(commit => commit.Set(Name(0), "value", 1), cancelled)).Kind);
            last = live.Space.Current;
        }

        await using var again = await LiveSpace.OpenAsync(store, SilentEngineObserver.Instance, cancelled, options);
        RequireSame(last, again.Space.Current);
    }

    /// <summary>How many of a scenario's commits were rejected for a limit; none of them changed anything. A barrier before each brings the clock to it.</summary>
    private static int Run(Scenario scenario, IndexCapacity capacity)
    {
        var (replay, encoding, rejected) = (new ReplayHarness(capacity: capacity), new FrameEncoding(default), 0);
        foreach (var send in scenario.Steps.OfType<Send>())
        {
            replay.Now = replay.Now.Plus(send.Delay);
            replay.System(FrameKind.Barrier, []);
            var before = replay.Publish();
            var commit = send.Commit with { Requirements = [] };
            var frame = encoding.Commit(new(7), replay.NextSequence(), replay.Now, "made", given: false, replay.Now, commit);
            if (replay.Apply(frame.Bytes)!.Reason == RejectionReason.Limit)
            {
                rejected++;
                RequireSame(before, replay.Publish());
            }
        }

        RequireSameReplay(replay, capacity);
        return rejected;
    }

    private static void RequireSame(Snapshot before, Snapshot after) => Assert.Equal(SnapshotText.Of(before).Skip(1), SnapshotText.Of(after).Skip(1));

    private static void RequireSameReplay(ReplayHarness first, IndexCapacity capacity)
    {
        var second = new ReplayHarness(hashKey: 0xFEED, capacity: capacity);
        var outcomes = first.Frames.Select(frame => second.Apply(frame)).ToList();

        Assert.Equal(first.Outcomes.Select(Text), outcomes.Select(Text));
        Assert.Equal(SnapshotText.Of(first.Publish()), SnapshotText.Of(second.Publish()));
    }

    private static string Text(CommitOutcome? outcome) => $"{outcome?.Kind} {outcome?.Reason} {outcome?.Operation} {outcome?.Position}";

    private static string Name(int i) => i.ToString("D6", CultureInfo.InvariantCulture);

    private static void Put(CommitWriter commit, string id)
    {
        commit.BeginPut(Integers.Utf8(id), OnExists.Replace);
        commit.EndOperation();
    }

    private static void Patch(CommitWriter commit, Action write, string id = "ada")
    {
        commit.BeginPatch(Integers.Utf8(id), OnMissing.Create);
        write();
        commit.EndOperation();
    }

    private static void Labels(CommitWriter commit, Action begin, params string[] labels)
    {
        begin();
        Array.ForEach(labels, label => commit.Label(Integers.Utf8(label)));
        commit.EndLabels();
    }

    private static void Associate(CommitWriter commit, string source, string type, string target, string key = "")
    {
        commit.BeginAssociate(
            new(Integers.Utf8(source), Integers.Utf8(type), Integers.Utf8(target), Integers.Utf8(key)), OnExists.Replace, MissingEndpoints.Imply);
        commit.EndOperation();
    }
}
