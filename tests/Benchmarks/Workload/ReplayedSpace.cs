using Cairn.Benchmarks.Vectors;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots;

namespace Cairn.Benchmarks.Workload;

/// <summary>The engine without a log: commits are stamped as the next frame and applied on the calling thread.</summary>
internal sealed class ReplayedSpace
{
    private static readonly WriterId Writer = new(7);
    private readonly CommitApplier _applier;
    private ulong _sequence;
    private long _offset;

    public ReplayedSpace()
    {
        var hash = new KeyedHash(42);
        State = new(default, hash);
        _applier = new(State, new(hash));
    }

    public SpaceState State { get; }

    /// <summary>Operations applied.</summary>
    public long Operations => _applier.Operations;

    /// <summary>The next frame, stamped. Gives the commit's buffer back.</summary>
    public byte[] Stamp(EncodedCommit commit)
    {
        var frame = new byte[commit.LengthBytes];
        commit.Stamp(Writer, ++_sequence, CommitFeed.Start.Plus(TimeSpan.FromMilliseconds(_sequence)), frame);
        commit.Return();
        return frame;
    }

    /// <summary>Applies a stamped frame; frames must come in the order in which they were stamped.</summary>
    public CommitOutcome Apply(byte[] frame)
    {
        _offset += frame.Length;
        var outcome = _applier.Apply(FrameView.OfVerified(frame), new(_offset));
        return outcome is { Kind: OutcomeKind.Committed }
            ? outcome
            : throw new InvalidOperationException($"not committed: {outcome?.Reason}, operation {outcome?.Operation}");
    }

    /// <summary>Stamps and applies.</summary>
    public CommitOutcome Apply(EncodedCommit commit) => Apply(Stamp(commit));

    public Snapshot Publish() => State.Publish();

    /// <summary>Applies a whole dataset, its concepts with vectors or without, in commits of 1,000 operations, published every 10,000.</summary>
    public Snapshot Load(Dataset data, VectorData? vectors = null)
    {
        var published = 0L;
        foreach (var commit in CommitStream.Of(data, ConceptParts.All, operationsPerCommit: 1_000, vectors: vectors))
        {
            Apply(commit);
            if (Operations - published >= 10_000)
            {
                Publish();
                published = Operations;
            }
        }

        return Publish();
    }
}
