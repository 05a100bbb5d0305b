using System.Globalization;
using Cairn.Reconciliation;
using Cairn.Simulation.Checks;
using Cairn.Simulation.Scheduling;
using Cairn.Simulation.Stores;
using Cairn.Simulation.Workload;

namespace Cairn.Simulation.Running;

/// <summary>One run of one plan: the processes, their clients and what befalls them, then the checks.</summary>
internal sealed class SeedRun
{
    // A run has some thousand steps; one that has so many does not end.
    private const long MostSteps = 300_000;

    private readonly RunPlan _plan;
    private readonly Scheduler _scheduler;
    private readonly SimulatedStore _store;
    private readonly Ledger _ledger = new();
    private readonly List<Client> _clients = [];
    private readonly SimulatedHub? _hub;
    private readonly List<Slot> _slots = [];
    private Exception? _failure;
    private int _processes;
    private int _crashes;
    private bool _crashIsDue;

    private SeedRun(RunPlan plan, Trace trace)
    {
        _plan = plan;
        _scheduler = new(new(plan.Seed), plan.Faults, trace);
        _store = new(plan.Limits);
        _scheduler.Called = _ => _crashIsDue |= _scheduler.Calls == plan.CrashAtCall;
        _hub = plan.HasHub ? new(_ledger, new(_scheduler.Random.Next())) : null;
        for (var i = 0; i < plan.Processes; i++)
        {
            var clients = Enumerable.Range(0, plan.Clients)
                .Select(number => new Client((i * plan.Clients) + number, plan.Actions, plan.Deletes, _hub, _ledger, new(_scheduler.Random.Next()))).ToList();
            _clients.AddRange(clients);
            _slots.Add(new(clients));
        }
    }

    /// <summary>Runs a plan; on the only thread of a <see cref="SingleWorker"/>.</summary>
    /// <exception cref="SimulationException">A promise is broken.</exception>
    public static async Task<RunReport> RunAsync(RunPlan plan, Trace trace)
    {
        var run = new SeedRun(plan, trace);
        try
        {
            await run.WorkAsync();
            await run.CheckAsync();
        }
        catch (Exception failure) when (failure is not SimulationException)
        {
            throw new SimulationException(failure.ToString(), failure);
        }

        return run.Report();
    }

    private RunReport Report()
    {
        var (checkpoints, files) = (_store.Lives.Sum(static life => life.Images.Count), _store.Lives.Sum(static life => life.WholeLog.List().Length));
        var commits = _store.Lives.Sum(life => _ledger.Of(life.Record.Incarnation).Attempts.Count(static attempt => attempt.Knowledge == Knowledge.Decided));
        return new(_scheduler.Trace.Hash, _scheduler.Calls, commits, _crashes, checkpoints, files);
    }

    private async Task WorkAsync()
    {
        while (!_slots.TrueForAll(static slot => slot.IsDone))
        {
            _slots.FindAll(static slot => slot.IsFree).ForEach(Start);
            await StepAsync();
            if (!_slots.TrueForAll(static slot => slot.IsDone))
            {
                _slots.FindAll(static slot => !slot.IsFree).ForEach(Disturb);
            }
        }

        _scheduler.Faults = FaultRates.None;
        foreach (var slot in _slots.Where(static slot => !slot.IsFree && !slot.Process!.IsClosing))
        {
            slot.Close(Fail);
        }

        await UntilAsync(() => _slots.TrueForAll(static slot => slot.IsFree) && _scheduler.IsIdle);
    }

    private async Task StepAsync()
    {
        await SingleWorker.SettleAsync();
        if (_failure is not null)
        {
            throw new SimulationException(_failure.ToString(), _failure);
        }

        if (_crashIsDue)
        {
            _crashIsDue = false;
            Kill(_slots[0], _plan.CrashHappens);
            return;
        }

        if (_scheduler.Steps > MostSteps)
        {
            throw new SimulationException($"nothing ends: {string.Join("; ", _clients)}");
        }

        _scheduler.Step();
        await SingleWorker.SettleAsync();
    }

    private async Task UntilAsync(Func<bool> isDone)
    {
        while (!isDone())
        {
            await StepAsync();
        }
    }

    private async Task<T> UntilAsync<T>(Task<T> task)
    {
        await UntilAsync(() => task.IsCompleted);
        return await task;
    }

    private SimulatedProcess NewProcess(TimeSpan clockOff, bool isHolder) => new(_processes++, _plan, _scheduler, _store, Fail, clockOff, isHolder);

    private void Start(Slot slot) => slot.Start(NewProcess(ClockOff(), slot == _slots[0]), Fail);

    // Clocks of most processes are about right, those of some an hour off.
    private TimeSpan ClockOff() => _plan.Faults == FaultRates.None || _scheduler.Random.Next(4) > 0
        ? TimeSpan.Zero
        : TimeSpan.FromMinutes(_scheduler.Random.Next(-60, 61));

    private void Disturb(Slot slot)
    {
        var (process, faults) = (slot.Process!, _scheduler.Faults);
        if (_scheduler.Chance(faults.Crash) || (process.NeedsRestart && _scheduler.Chance(0.05)))
        {
            Kill(slot, null);
        }
        else if (!process.IsClosing && (_scheduler.Chance(faults.Restart) || (process.NeedsRestart && _scheduler.Chance(0.3))))
        {
            _scheduler.Trace.Add($"p{process.Number.ToString(CultureInfo.InvariantCulture)} closes");
            slot.Close(Fail);
        }
        else if (_scheduler.Chance(faults.Stall))
        {
            process.Stall(_scheduler.Random.Next(10, 400));
        }
        else if (_scheduler.Chance(faults.ClockSet))
        {
            process.Time.Off = ClockOff();
        }
    }

    private void Kill(Slot slot, bool? happens)
    {
        _crashes++;
        slot.Kill(happens);
    }

    private void Fail(Exception failure) => _failure ??= failure;

    // A process that starts now sees all, and so does one that reads the whole log.
    private async Task CheckAsync()
    {
        var process = NewProcess(TimeSpan.Zero, isHolder: false);
        var space = await UntilAsync(process.Catalog.FindAsync(Client.SpaceName, CancellationToken.None).AsTask());
        if (space is not null)
        {
            await UntilAsync(ToEndAsync(_hub?.DeliverAllAsync(process, space)));
            _ledger.Of(space).See(space.Current);
            await UntilAsync(ToEndAsync(IndexCheck.RunAsync(space.Current, "the space opened from its newest checkpoint")));
            foreach (var client in _clients)
            {
                await UntilAsync(ToEndAsync(client.FollowToEndAsync(space)));
            }
        }

        foreach (var life in _store.Lives)
        {
            var isOpen = space is not null && life.Record == space.Record;
            await new LifeCheck(life, _plan, _ledger.Of(life.Record.Incarnation), isOpen ? space : null, _scheduler.Random).RunAsync();
        }
    }

    private static async Task<bool> ToEndAsync(Task? work)
    {
        await (work ?? Task.CompletedTask);
        return true;
    }
}
