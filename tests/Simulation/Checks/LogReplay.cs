using System.Text;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Simulation.Stores;
using Cairn.Storage;

namespace Cairn.Simulation.Checks;

/// <summary>A commit of the log that replay decided.</summary>
internal readonly record struct DecidedCommit(string Id, LogPosition Position, CommitOutcome Outcome);

/// <summary>The whole log of a life, applied from its first frame on by nobody's process: what everything else is held against.</summary>
internal sealed class LogReplay
{
    private readonly Reconciler _reconciler;
    private readonly Dictionary<LogPosition, List<string>> _states = [];
    private readonly IReadOnlySet<LogPosition> _wanted;

    private LogReplay(SpaceLife life, IReadOnlySet<LogPosition> wanted)
    {
        _wanted = wanted;
        _reconciler = new(life.Record.Incarnation, new(0x0DD), isStored: true);
    }

    /// <summary>Every commit that was decided, in order. Frames that stand twice are in it once.</summary>
    public List<DecidedCommit> Commits { get; } = [];

    /// <summary>The state at its end.</summary>
    public List<string> State { get; private set; } = [];

    public Reconciler Reconciler => _reconciler;

    /// <param name="life">The life.</param>
    /// <param name="limits">What its store says.</param>
    /// <param name="wanted">Positions at which the state is wanted.</param>
    public static async Task<LogReplay> RunAsync(SpaceLife life, StoreLimits limits, IReadOnlySet<LogPosition> wanted)
    {
        var replay = new LogReplay(life, wanted);
        replay.Keep(LogPosition.Zero);
        var store = new MemoryLogStore(life.WholeLog, limits.MaxAppendsPerFile, limits.MaxFileBytes, !limits.IsSoleWriter);
        await new LogScan(store, life.Record.Incarnation, SilentLogObserver.Instance, default, replay.ApplyAsync).RunAsync(CancellationToken.None);
        replay._reconciler.Publish();
        replay.State = SnapshotText.Of(replay._reconciler.Newest);
        return replay;
    }

    /// <summary>The state at a position that was wanted; null: no frame ends there.</summary>
    public List<string>? StateAt(LogPosition position) => _states.GetValueOrDefault(position);

    private ValueTask ApplyAsync(LogGroup group, CancellationToken cancellationToken)
    {
        foreach (var frame in group)
        {
            if (_reconciler.Apply(frame) is { } outcome)
            {
                Commits.Add(new(Encoding.ASCII.GetString(frame.View.CommitId), frame.Position, outcome));
            }

            Keep(frame.Position);
        }

        return ValueTask.CompletedTask;
    }

    private void Keep(LogPosition position)
    {
        if (_wanted.Contains(position))
        {
            _reconciler.Publish();
            _states[position] = SnapshotText.Of(_reconciler.Newest);
        }
    }
}
