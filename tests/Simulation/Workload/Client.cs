using System.Globalization;
using System.Text;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Simulation.Checks;
using Cairn.Simulation.Running;

namespace Cairn.Simulation.Workload;

/// <summary>
/// A client with a number of things to do. It lives longer than the processes that serve it: what was under way when one died stays unknown, and it goes on with the next.
/// </summary>
internal sealed class Client
{
    private static readonly SpaceName Name = SpaceName.Parse("demo");
    private readonly int _number;
    private readonly Ledger _ledger;
    private readonly Random _random;
    private readonly CommitGenerator _commits;
    private readonly Follower _follower;
    private readonly bool _deletes;
    private readonly SimulatedHub? _hub;
    private int _left;
    private int _sent;

    public Client(int number, int actions, bool deletes, SimulatedHub? hub, Ledger ledger, Random random)
    {
        (_number, _left, _deletes, _hub, _ledger, _random) = (number, actions, deletes, hub, ledger, random);
        (_commits, _follower) = (new(random), new(ledger, random));
    }

    public bool IsDone => _left <= 0;

    /// <summary>The space that all clients use.</summary>
    public static SpaceName SpaceName => Name;

    /// <summary>Works with a process until all is done or the process closes.</summary>
    public async Task RunAsync(SimulatedProcess process)
    {
        while (_left > 0 && !process.IsClosing)
        {
            await PauseAsync(process);
            _left--;
            try
            {
                await ActAsync(process, await OpenAsync(process));
            }
            catch (CairnException failure) when (ProcessObserver.IsExplained(failure) || process.NeedsRestart)
            {
                // Nothing was promised, least of all by a space that has stopped.
            }
        }
    }

    /// <summary>Reads the changes to their end.</summary>
    public Task FollowToEndAsync(Space space) => _follower.FollowAsync(space, int.MaxValue);

    private Task PauseAsync(SimulatedProcess process) => _random.Next(4) switch
    {
        0 => Task.CompletedTask,
        1 => Task.Delay(TimeSpan.FromSeconds(_random.Next(1, 30)), process.Time),
        _ => Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, 500)), process.Time),
    };

    private static async ValueTask<Space> OpenAsync(SimulatedProcess process) =>
        await process.Catalog.FindAsync(Name, CancellationToken.None) ?? (await process.Catalog.CreateAsync(Name, CancellationToken.None)).Space;

    private async Task ActAsync(SimulatedProcess process, Space space)
    {
        switch (_random.Next(_hub is null ? 34 : 46))
        {
            case < 12:
                await CommitAsync(process, space);
                break;
            case < 18:
                await Task.WhenAll(Enumerable.Range(0, _random.Next(2, 9)).Select(_ => CommitAsync(process, space)).ToList());
                break;
            case < 20:
                await RepeatAsync(process, space);
                break;
            case 20:
                await space.ConfigureAsync(Settings(), CancellationToken.None);
                break;
            case < 23:
                await LookAsync(process, space);
                break;
            case 23:
                await LookBackAsync(space);
                break;
            case < 28:
                await _follower.FollowAsync(space, _random.Next(1, 12));
                break;
            case 28 when process.Checkpoints:
                await space.CheckpointAsync(CancellationToken.None);
                break;
            case 29 when process.Checkpoints:
                await space.CompactAsync(CancellationToken.None);
                break;
            case 30:
                await space.SweepAsync(CancellationToken.None);
                break;
            case < 33:
                await LookForAllAsync(space);
                break;
            case 33 when _deletes:
                await process.Catalog.DeleteAsync(Name, CancellationToken.None);
                break;
            case >= 34 and < 38:
                _hub!.Publish(process, space);
                break;
            case >= 38:
                await _hub!.DeliverAsync(process, space);
                break;
            default:
                Ask(space);
                break;
        }
    }

    private Task CommitAsync(SimulatedProcess process, Space space)
    {
        var given = _random.Next(3) == 0;

        // Now and then two clients give the same id to different commits.
        var id = given && _random.Next(8) == 0 ? $"same-{_random.Next(6)}" : $"{(given ? "given" : "made")}-{_number}-{++_sent}";
        return SendAsync(process, space, new(id, given, _commits.Next(space.Record.Incarnation, space.Current, id, given, space.Now())));
    }

    // What was not answered is what a client would send again; now and then one sends again what was.
    private async Task RepeatAsync(SimulatedProcess process, Space space)
    {
        var given = _ledger.Of(space).Attempts.FindAll(attempt => attempt.GivenByCaller && !attempt.Commit.HasOrigin && (attempt.Knowledge != Knowledge.Decided || _random.Next(4) == 0));
        if (given.Count > 0)
        {
            var again = given[_random.Next(given.Count)];
            await SendAsync(process, space, new(again.Id, true, again.Commit));
        }
    }

    private async Task SendAsync(SimulatedProcess process, Space space, Attempt attempt)
    {
        _ledger.Of(space).Attempts.Add(attempt);
        using var patience = new CancellationTokenSource(
            _random.Next(10) == 0 ? TimeSpan.FromMilliseconds(_random.Next(0, 2_000)) : Timeout.InfiniteTimeSpan, process.Time);
        try
        {
            if (_random.Next(3) == 0)
            {
                attempt.Keep(await space.IngestAsync(attempt.Commit, patience.Token));
            }
            else
            {
                attempt.Decide(await (_random.Next(2) == 0 ? space.CommitAsync(attempt.Commit, patience.Token) : space.CommitHereAsync(attempt.Commit, patience.Token)));
                RequireVisible(space, attempt);
            }
        }
        catch (OperationCanceledException)
        {
            // It is still on its way.
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Unknown)
        {
            // Nobody knows.
        }
        catch (CairnException failure) when (ProcessObserver.IsExplained(failure) || IsAhead(attempt, space, failure))
        {
            attempt.Refuse(spaceIsGone: failure.Kind == ErrorKind.NotFound);
        }

        process.Note($"{attempt}");
    }

    // Stamped by a process whose clock is ahead of this one's and of the log's.
    public static bool IsAhead(Attempt attempt, Space space, CairnException failure) =>
        failure is { Kind: ErrorKind.Invalid, Field: "firstSent" } && attempt.Commit.FirstSent > space.Now();

    private static void RequireVisible(Space space, Attempt attempt)
    {
        var outcome = attempt.Outcome!;
        if (space.Current.Position < outcome.Position)
        {
            throw new SimulationException($"{attempt} was answered, and readers see {space.Current.Position}");
        }

        if (outcome.Reason is not (RejectionReason.Reused or RejectionReason.Expired)
            && !attempt.IsKnownByPlace && space.FindCommit(Encoding.ASCII.GetBytes(attempt.Id)) is { } found && OutcomeText.OfFirst(found) != OutcomeText.OfFirst(outcome))
        {
            throw new SimulationException($"{attempt} was answered, and its id finds {OutcomeText.Of(found)}");
        }
    }

    // A snapshot does not change while somebody holds it, and none is older than one before it.
    private async Task LookAsync(SimulatedProcess process, Space space)
    {
        var snapshot = space.Current;
        _ledger.Of(space).See(snapshot);
        await PauseAsync(process);
        _ledger.Of(space).See(snapshot);
        if (_random.Next(2) == 0)
        {
            await IndexCheck.RunAsync(snapshot, $"a reader of {process}");
        }

        if (space.Current.Position < snapshot.Position)
        {
            throw new SimulationException($"a reader saw {snapshot.Position} and then {space.Current.Position}");
        }
    }

    // An earlier state is the one that there was, as far as it is retained.
    private async Task LookBackAsync(Space space)
    {
        var told = _ledger.Of(space).Attempts.FindAll(attempt => attempt.Outcome is { } && attempt.Outcome.Position <= space.Current.Position);
        if (told.Count > 0)
        {
            var position = told[_random.Next(told.Count)].Outcome!.Position;
            var snapshot = await space.AsOfAsync(position, TimeSpan.FromMinutes(10), CancellationToken.None);
            _ledger.Of(space).See(snapshot);
            if (snapshot.Position != position)
            {
                throw new SimulationException($"as of {position} the state is that of {snapshot.Position}");
            }
        }
    }

    // A read that wants all sees whatever anybody was told before it began.
    private async Task LookForAllAsync(Space space)
    {
        var told = _ledger.Of(space).Told;
        var position = await space.FreshenAsync(strong: true, CancellationToken.None);
        await space.WaitForAsync(position, TimeSpan.FromMinutes(1), CancellationToken.None);
        if (space.Current.Position < told)
        {
            throw new SimulationException($"{told} was told, and a strong read sees {space.Current.Position}");
        }
    }

    private void Ask(Space space)
    {
        var attempts = _ledger.Of(space).Attempts.FindAll(static attempt => attempt.Outcome is { } && !attempt.SharesId);
        if (attempts.Count > 0 && attempts[_random.Next(attempts.Count)] is var attempt && attempt.Outcome!.Position <= space.Current.Position)
        {
            RequireVisible(space, attempt);
        }
    }

    private Func<SpaceSettings, SpaceSettings> Settings()
    {
        var (halfLife, life, window) = (_random.Next(2), _random.Next(3), TimeSpan.FromHours(_random.Next(1, 3)));
        return settings => settings with
        {
            HalfLife = halfLife == 0 ? null : TimeSpan.FromHours(1),
            TimeToLive = life == 0 ? TimeSpan.FromMinutes(3) : null,
            IdempotencyWindow = window,
            VectorDimensions = settings.VectorDimensions,
        };
    }

    public override string ToString() => $"client {_number.ToString(CultureInfo.InvariantCulture)}, {_left} left";
}
