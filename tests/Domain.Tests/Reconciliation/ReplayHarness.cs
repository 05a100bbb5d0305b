using System.Text;
using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Reconciliation;

/// <summary>Replays commits without a log: stamps each as the next frame and applies it.</summary>
internal sealed class ReplayHarness
{
    private static readonly WriterId Writer = new(7);
    private readonly CommitWriter _writer;
    private ulong _sequence;
    private long _offset;

    public ReplayHarness(Incarnation incarnation = default, ulong hashKey = 42, IndexCapacity? capacity = null, bool isStored = false)
    {
        var hash = new KeyedHash(hashKey);
        State = new(incarnation, hash, capacity);
        Applier = new(State, new(hash) { KeepsAll = isStored });
        _writer = new(incarnation);
    }

    public SpaceState State { get; }

    public CommitApplier Applier { get; }

    public Timestamp Now { get; set; } = Timestamp.From(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public List<byte[]> Frames { get; } = [];

    public List<CommitOutcome?> Outcomes { get; } = [];

    public CommitOutcome Commit(Action<CommitWriter> write, string? id = null, Timestamp? firstSent = null, Origin? origin = null)
    {
        _writer.Origin = origin;
        _writer.Begin(Encoding.ASCII.GetBytes(id ?? $"made-{_sequence}"), id is not null, firstSent ?? Now);
        write(_writer);
        var commit = _writer.Finish();
        var frame = new byte[commit.LengthBytes];
        commit.Stamp(Writer, ++_sequence, Now, frame);
        commit.Return();
        return Apply(frame)!;
    }

    public void Purge(params string[] ids)
    {
        var purge = new PurgeWriter();
        foreach (var id in ids)
        {
            Assert.True(purge.TryAdd(Encoding.UTF8.GetBytes(id)));
        }

        System(FrameKind.Purge, purge.Finish());
    }

    public void System(FrameKind kind, byte[] body)
    {
        var frame = new byte[FrameFormat.SystemFrameBytes(body.Length)];
        FrameFormat.WriteSystemFrame(frame, kind, body, Writer, ++_sequence, Now);
        Assert.Null(Apply(frame));
    }

    public CommitOutcome? Apply(byte[] frame)
    {
        Frames.Add(frame);
        _offset += frame.Length;
        Outcomes.Add(Applier.Apply(FrameView.Parse(frame), LogPosition.Of(0, _offset)));
        return Outcomes[^1];
    }

    /// <summary>Applies a frame of a log.</summary>
    public void Replay(in Cairn.Log.LogFrame frame)
    {
        if (frame.View.Kind != FrameKind.Roll)
        {
            Applier.Apply(frame.View, frame.Position);
        }
    }

    /// <summary>For a frame that the caller stamps.</summary>
    public ulong NextSequence() => ++_sequence;

    public Snapshot Publish() => State.Publish();
}
