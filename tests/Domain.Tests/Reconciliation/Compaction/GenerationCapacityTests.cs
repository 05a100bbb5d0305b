using Cairn.Domain.Tests.Concurrency;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Domain.Tests.Reconciliation.Outcomes;
using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Domain.Tests.Reconciliation.Compaction;

/// <summary>Where an index is nearly full, replicas that compacted and replicas that did not never decide differently.</summary>
public sealed class GenerationCapacityTests
{
    private static readonly IndexCapacity Small = new(600, 40);

    /// <summary>What fills an index, and takes it away again.</summary>
    public static TheoryData<string> Indexes => ["ids", "labels", "associations", "types"];

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Replicas_WhenSomeCompact_DecideAlikeOrNotAtAll(string index)
    {
        var frames = Frames(index, out var generation);
        var (compacts, compactsWithOtherHash, reopens, plain) = (new Replica(1), new Replica(2), new Replica(3), new Replica(4));
        var (rejected, undecided) = (0, 0);
        for (var i = 0; i < frames.Count; i++)
        {
            var outcome = compacts.Apply(frames[i]);
            Assert.Equal(outcome, compactsWithOtherHash.Apply(frames[i]));
            Assert.Equal(outcome, reopens.Apply(frames[i]));
            rejected += outcome.Contains(nameof(RejectionReason.Limit), StringComparison.Ordinal) ? 1 : 0;
            undecided += plain.TryApply(frames[i], out var other) ? 0 : 1;
            Assert.True(other is null || other == outcome, $"frame {i}: {outcome}, without compaction {other}");
            if (i == generation)
            {
                compacts.Compact();
                compactsWithOtherHash.Compact();
                reopens.Compact();
            }

            if (i > generation && i % 7 == 0)
            {
                reopens.Reopen();
            }
        }

        Assert.True(rejected > 0, "the index never fills");
        Assert.True(undecided > 0, "the replica that never compacted decided everything");
    }

    [Fact]
    public void Replica_WhenNoGenerationEnded_RejectsWhatDoesNotFit()
    {
        var (plain, rejected) = (new Replica(1), 0);
        foreach (var frame in Frames("ids", out _).Where(static frame => FrameView.Parse(frame).Kind == FrameKind.Commit))
        {
            Assert.True(plain.TryApply(frame, out var outcome));
            rejected += outcome!.Contains(nameof(RejectionReason.Limit), StringComparison.Ordinal) ? 1 : 0;
        }

        Assert.True(rejected > 0);
    }

    // Half of the room is filled and given back, then filled and not given back.
    private static List<byte[]> Frames(string index, out int generation)
    {
        var log = new ReplayHarness();
        log.Commit(static commit => Put(commit, "a"));
        log.Commit(static commit => Put(commit, "b"));
        for (var i = 0; i < 20; i++)
        {
            var number = i;
            log.Commit(commit => Fill(commit, index, number));
            log.Commit(commit => Free(commit, index, number));
        }

        log.System(FrameKind.Generation, []);
        generation = log.Frames.Count - 1;
        for (var i = 10; i < 100; i++)
        {
            var number = i;
            log.Commit(commit => Fill(commit, index, number));
        }

        return log.Frames;
    }

    private static void Fill(CommitWriter commit, string index, int number)
    {
        switch (index)
        {
            case "ids":
                Put(commit, $"id-of-{number:D4}");
                break;
            case "labels":
                commit.BeginPatch("a"u8, OnMissing.Fail);
                commit.BeginLabels();
                commit.Label(Integers.Utf8($"label-{number:D4}"));
                commit.EndLabels();
                commit.EndOperation();
                break;
            case "associations":
                commit.BeginAssociate(new("a"u8, "t"u8, "b"u8, Integers.Utf8($"{number}")), OnExists.Fail, MissingEndpoints.Fail);
                commit.EndOperation();
                break;
            default:
                commit.BeginAssociate(new("a"u8, Integers.Utf8($"type-{number:D8}"), "b"u8, default), OnExists.Fail, MissingEndpoints.Fail);
                commit.EndOperation();
                break;
        }
    }

    private static void Free(CommitWriter commit, string index, int number)
    {
        switch (index)
        {
            case "ids":
                commit.Delete(Integers.Utf8($"id-of-{number:D4}"), OnMissing.Fail);
                break;
            case "associations":
                commit.Dissociate(new("a"u8, "t"u8, "b"u8, Integers.Utf8($"{number}")), OnMissing.Fail);
                break;
            case "types":
                commit.Dissociate(new("a"u8, Integers.Utf8($"type-{number:D8}"), "b"u8, default), OnMissing.Fail);
                break;
            default:
                break;
        }
    }

    private static void Put(CommitWriter commit, string id)
    {
        commit.BeginPut(Integers.Utf8(id), OnExists.Fail);
        commit.EndOperation();
    }

    private sealed class Replica
    {
        private readonly StoredStates _stored;
        private SpaceState _state;
        private CommitApplier _applier;
        private long _offset;
        private int _frames;
        private bool _isBroken;

        public Replica(ulong hashKey)
        {
            _stored = new(default, hashKey, Small);
            _state = new(default, new(hashKey), Small);
            _applier = new(_state, new(new(hashKey)) { KeepsAll = true });
        }

        public string Apply(byte[] frame)
        {
            _offset += frame.Length;
            _frames++;
            return StoredOutcomes.Text(_applier.Apply(FrameView.Parse(frame), LogPosition.Of(0, _offset)));
        }

        /// <summary>False: it cannot tell, and goes on no more.</summary>
        public bool TryApply(byte[] frame, out string? outcome)
        {
            outcome = null;
            try
            {
                outcome = _isBroken ? null : Apply(frame);
            }
            catch (CairnException undecided) when (undecided.Kind == ErrorKind.Unavailable)
            {
                _isBroken = true;
            }

            return !_isBroken;
        }

        public void Compact() => Store(compacts: true);

        public void Reopen() => Store(compacts: false);

        private void Store(bool compacts)
        {
            _stored.Store(_state, _applier, _frames, _offset, compacts);
            (_state, _applier) = _stored.Open();
        }
    }
}
