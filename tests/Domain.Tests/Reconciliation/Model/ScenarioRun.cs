using System.Collections.Immutable;
using Cairn.Domain.Tests.Reconciliation.Outcomes;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Outcomes;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>Runs a scenario on the engine and on the reference and compares them: each outcome at once, the whole state at every snapshot.</summary>
internal sealed class ScenarioRun
{
    private static readonly Incarnation Life = new(0xCA112);
    private readonly FrameEncoding _encoding = new(Life);
    private readonly ReferenceSpace _reference = new(Life);
    private readonly StoredStates _stored = new(Life, hashKey: 42);
    private SpaceState _state;
    private CommitApplier _applier;
    private readonly Dictionary<int, ulong> _sequences = [];
    private readonly List<SentFrame> _frames = [];
    private readonly List<string> _outcomes = [];
    private readonly List<(Snapshot Snapshot, List<string> Lines)> _kept = [];
    private Timestamp _now = Generate.Begin;
    private long _offset;

    private ScenarioRun(ulong hashKey)
    {
        var hash = new KeyedHash(hashKey);
        _state = new(Life, hash);
        _applier = new(_state, new(hash) { KeepsAll = true });
    }

    /// <summary>What happened, as "Put Created" or "Rejected Limit", for tests of the scenarios themselves.</summary>
    public HashSet<string> Happened { get; } = [];

    /// <summary>The state at the end.</summary>
    public Snapshot Last => _kept[^1].Snapshot;

    /// <summary>Fails at the first difference.</summary>
    public static ScenarioRun Run(Scenario scenario)
    {
        var run = new ScenarioRun(hashKey: 42);
        for (var i = 0; i < scenario.Steps.Count; i++)
        {
            run.Take(scenario.Steps[i], i);
        }

        run.Compare(scenario.Steps.Count);
        run.RequireKeptSnapshotsUnchanged();
        run.RequireSameReplay();
        run.RequireSameOutcomesWithoutPurges();
        run.RequireSameOutcomesFromFiles();
        return run;
    }

    private void Take(Step step, int number)
    {
        _now = _now.Plus(step.Delay);
        switch (step)
        {
            case Send send:
                Apply(Frame(send), number);
                break;
            case SendAgain again when Given() is { Count: > 0 } given:
                var earlier = given[^(1 + (again.Back % given.Count))];
                Apply(_encoding.Commit(
                    Writer(again.Writer), Next(again.Writer), _now, earlier.CommitId, given: true, _now.Plus(-again.Age), earlier.Commit!), number);
                break;
            case RepeatFrame repeat when _frames.Count > 0:
                Apply(_frames[^(1 + (repeat.Back % _frames.Count))], number);
                break;
            case Configure configure:
                Apply(FrameEncoding.Settings(Writer(configure.Writer), Next(configure.Writer), _now, configure.Settings), number);
                break;
            case Barrier barrier:
                Apply(FrameEncoding.Barrier(Writer(barrier.Writer), Next(barrier.Writer), _now), number);
                break;
            case Purge purge:
                Apply(FrameEncoding.Purge(Writer(purge.Writer), Next(purge.Writer), _now, purge.Ids), number);
                break;
            case TakeSnapshot:
                Compare(number);
                break;
            case Compact compact:
                _state.Concepts.Compact(compact.RowGroups);
                _state.Associations.Compact(compact.RowGroups);
                break;
            case Store { Reopens: true } when _stored.Frames >= 0:
                Reopen(number);
                break;
            case Store { Compacts: true }:
                Apply(FrameEncoding.Generation(Writer(0), Next(0), _now), number);
                _stored.Store(_state, _applier, _frames.Count, _offset, compacts: true);
                Reopen(number);
                RequireNothingDead();
                break;
            case Store:
                _stored.Store(_state, _applier, _frames.Count, _offset);
                break;
            default:
                break;
        }
    }

    // From the last checkpoint, with the frames behind it.
    private void Reopen(int step)
    {
        (_state, _applier) = _stored.Open();
        var offset = _stored.Offset;
        for (var i = _stored.Frames; i < _frames.Count; i++)
        {
            offset += _frames[i].Bytes.Length;
            Require(_outcomes[i], Text(_applier.Apply(FrameView.Parse(_frames[i].Bytes), LogPosition.Of(0, offset))), $"outcome of frame {i} behind a checkpoint, at step {step}");
        }

        Compare(step);
    }

    private void RequireNothingDead()
    {
        var snapshot = _state.Publish();
        Assert.Equal(snapshot.ConceptCount + _state.ImpliedDegrees.Count, snapshot.ConceptRows);
        Assert.Equal(snapshot.AssociationCount, snapshot.AssociationRows);
    }

    private static WriterId Writer(int number) => new((UInt128)number + 1);

    private ulong Next(int writer) => _sequences[writer] = _sequences.GetValueOrDefault(writer) + 1;

    private List<SentFrame> Given() => [.. _frames.Where(frame => frame.IdGivenByCaller)];

    private SentFrame Frame(Send send)
    {
        var requirements = send.Commit.Requirements.Select(requirement => requirement with { Version = Resolve(requirement) });
        var commit = send.Commit with { Requirements = [.. requirements] };
        return _encoding.Commit(
            Writer(send.Writer), Next(send.Writer), _now, send.Id ?? $"made-{_frames.Count}", send.Id is not null, _now.Plus(-send.Age), commit);
    }

    private LogPosition Resolve(Requirement requirement)
    {
        Record? target = requirement.Key is { } key ? _reference.State.Associations.GetValueOrDefault(key) : _reference.State.Concepts.GetValueOrDefault(requirement.Id);
        var current = target?.Version ?? LogPosition.Zero;
        return requirement.Guess switch
        {
            Guess.Current => current,
            Guess.OneBefore => new(Math.Max(0, current.Value - 1)),
            _ => LogPosition.Zero,
        };
    }

    private void Apply(SentFrame frame, int step)
    {
        _frames.Add(frame);
        _offset += frame.Bytes.Length;
        var position = LogPosition.Of(0, _offset);
        var expected = Text(_reference.Apply(frame, position));
        var outcome = _applier.Apply(FrameView.Parse(frame.Bytes), position);
        var actual = Text(outcome);
        _outcomes.Add(actual);
        Require(expected, actual, $"outcome of step {step}");
        Note(frame, outcome);
    }

    private void Note(SentFrame frame, CommitOutcome? outcome)
    {
        Happened.Add(outcome is null ? $"{frame.Kind} none" : $"{outcome.Kind} {outcome.Reason}{(outcome.IsDuplicate ? " again" : "")}");
        for (var i = 0; i < outcome?.Results.Count; i++)
        {
            Happened.Add($"{frame.Commit!.Operations[i].GetType().Name} {outcome.Results[i].Effect}");
        }
    }

    private static string Text(CommitOutcome? outcome) => StoredOutcomes.Text(outcome);

    private void Compare(int step)
    {
        var snapshot = _state.Publish();
        var lines = SnapshotText.Of(snapshot);
        Require(StateText.Of(_reference), lines, $"state at step {step}");
        _kept.Add((snapshot, lines));
    }

    private void RequireKeptSnapshotsUnchanged()
    {
        foreach (var (snapshot, lines) in _kept)
        {
            Require(lines, SnapshotText.Of(snapshot), "a snapshot taken earlier");
        }
    }

    /// <summary>Another process that replays the log agrees: neither its hash key nor when it publishes matters.</summary>
    private void RequireSameReplay()
    {
        var other = new ScenarioRun(hashKey: 0xFEED);
        var offset = 0L;
        for (var i = 0; i < _frames.Count; i++)
        {
            offset += _frames[i].Bytes.Length;
            Require(_outcomes[i], Text(other._applier.Apply(FrameView.Parse(_frames[i].Bytes), LogPosition.Of(0, offset))), $"outcome of frame {i} in a second replay");
        }

        Require(_kept[^1].Lines, SnapshotText.Of(other._state.Publish()), "state after a second replay");
    }

    /// <summary>A purge takes away only what no operation could see.</summary>
    private void RequireSameOutcomesWithoutPurges()
    {
        var other = new ScenarioRun(hashKey: 42);
        var offset = 0L;
        for (var i = 0; i < _frames.Count; i++)
        {
            offset += _frames[i].Bytes.Length;
            var bytes = _frames[i].Kind == FrameKind.Purge ? FrameEncoding.WithoutPurge(_frames[i]) : _frames[i].Bytes;
            Require(_outcomes[i], Text(other._applier.Apply(FrameView.Parse(bytes), LogPosition.Of(0, offset))), $"outcome of frame {i} without purges");
        }
    }

    /// <summary>Nor where the outcomes lie: in memory, sealed, in files, or in files that another process opens.</summary>
    private void RequireSameOutcomesFromFiles()
    {
        var random = new Random(_frames.Count);
        var (state, writers, files) = (new SpaceState(Life, new(7)), new WriterTable(), new List<OutcomeFile>());
        var memory = new CommitMemory(new(7)) { KeepsAll = true };
        var applier = new CommitApplier(state, memory, writers);
        var offset = 0L;
        for (var i = 0; i < _frames.Count; i++)
        {
            offset += _frames[i].Bytes.Length;
            Require(_outcomes[i], Text(applier.Apply(FrameView.Parse(_frames[i].Bytes), LogPosition.Of(0, offset))), $"outcome of frame {i} with outcomes in files");
            if (random.Next(3) == 0 && memory.Seal(state.Position) is { Count: > 0 } outcomes && random.Next(2) == 0)
            {
                files.Add(StoredOutcomes.Store(outcomes, memory.Cache));
                memory.Stored(files[^1]);
                if (random.Next(2) == 0)
                {
                    var restored = new CommitMemory(new((ulong)i)) { KeepsAll = true };
                    restored.Restore(files, state.Position, memory.ForgottenBefore);
                    (memory, applier) = (restored, new(state, restored, writers));
                }
            }
        }
    }

    private static void Require(List<string> expected, List<string> actual, string what)
    {
        for (var i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            Require(expected.ElementAtOrDefault(i), actual.ElementAtOrDefault(i), what);
        }
    }

    private static void Require(string? expected, string? actual, string what)
    {
        if (expected != actual)
        {
            Assert.Fail($"{what}{Environment.NewLine}  expected {expected}{Environment.NewLine}  engine   {actual}");
        }
    }
}
