using Cairn.Reconciliation;
using Cairn.Simulation.Scheduling;
using Cairn.Simulation.Stores;

namespace Cairn.Simulation.Running;

/// <summary>What one run is like. All of it follows from the seed and the mode.</summary>
internal sealed record RunPlan
{
    public required int Seed { get; init; }

    public required StoreLimits Limits { get; init; }

    public required EngineOptions Engine { get; init; }

    public required FaultRates Faults { get; init; }

    /// <summary>Processes at the same time.</summary>
    public required int Processes { get; init; }

    /// <summary>Clients of each process.</summary>
    public required int Clients { get; init; }

    /// <summary>What each client does before it ends.</summary>
    public required int Actions { get; init; }

    /// <summary>Only the first process writes checkpoints, unless it is dead.</summary>
    public required bool HasOneHolder { get; init; }

    /// <summary>Calls that change nothing and are answered at once, as a share.</summary>
    public required double ReadsAtOnce { get; init; }

    /// <summary>The space is deleted and made anew now and then.</summary>
    public required bool Deletes { get; init; }

    /// <summary>A hub hands out events of the space, too. Where writes wait for room they may overtake each other, which no service lets them.</summary>
    public bool HasHub => !Deletes && Seed % 2 == 0 && Engine.Overflow == OverflowPolicy.Reject;

    /// <summary>The process dies when it makes this storage call, counted from 1; null: by chance.</summary>
    public int? CrashAtCall { get; init; }

    /// <summary>Whether what waits then happens.</summary>
    public bool CrashHappens { get; init; }

    /// <summary>The settings of a process.</summary>
    /// <param name="isHolder">It writes checkpoints when they are due.</param>
    public EngineOptions EngineOf(bool isHolder) => isHolder || !HasOneHolder ? Engine : Engine with
    {
        Checkpoints = Engine.Checkpoints with { TailOperations = long.MaxValue, MaxTailOperations = long.MaxValue, ClosingOperations = long.MaxValue },
    };

    /// <summary>The plan of a seed.</summary>
    public static RunPlan Of(int seed, RunMode mode)
    {
        // Seeds that follow each other shall not be alike, which the generator's own seeding does not promise.
        var random = new Random(unchecked((int)(((uint)seed * 2654435761) ^ 0x5EED)));
        var processes = mode == RunMode.Shared ? random.Next(2, 4) : 1;
        return new()
        {
            Seed = seed,
            Limits = new(random.Next(4, 40), random.Next(2, 60) * 1024, mode != RunMode.Shared),
            Engine = EngineOf(random),
            Faults = FaultsOf(random),
            Processes = processes,
            Clients = random.Next(1, 5),
            Actions = random.Next(8, 60) / processes,
            ReadsAtOnce = random.Next(3) switch { 0 => 0, 1 => 0.7, _ => 0.95 },
            Deletes = random.Next(4) == 0,
            HasOneHolder = random.Next(2) == 0,
        };
    }

    /// <summary>A short run in which nothing goes wrong but one crash.</summary>
    public static RunPlan OfSweep(int seed, RunMode mode, int crashAtCall, bool happens) => Of(seed, mode) with
    {
        Faults = FaultRates.None,
        Clients = 2,
        Actions = 8,
        ReadsAtOnce = 0.9,
        CrashAtCall = crashAtCall,
        CrashHappens = happens,
    };

    private static EngineOptions EngineOf(Random random) => new()
    {
        ReconcileInterval = TimeSpan.FromMilliseconds(random.Next(0, 30)),
        MaxBatch = random.Next(1, 40),
        MaxUnappliedOperations = random.Next(8, 200),
        ExpiryGrace = TimeSpan.FromMinutes(random.Next(0, 3)),
        ExpirySweepInterval = TimeSpan.FromSeconds(random.Next(5, 60)),
        Overflow = random.Next(4) == 0 ? OverflowPolicy.Wait : OverflowPolicy.Reject,
        MaxRememberedCommits = random.Next(4) == 0 ? 20 : 1_000_000,
        Checkpoints = new()
        {
            IsOn = random.Next(12) != 0,
            MaxTailOperations = random.Next(30, 400),
            TailOperations = random.Next(4, 40),
            ClosingOperations = random.Next(1, 60),
            Interval = TimeSpan.FromSeconds(random.Next(0, 20)),
            Retention = TimeSpan.FromSeconds(Math.Exp(random.NextDouble() * 10)),
        },
    };

    // Some runs have none of a kind of fault, some have many: a bug may need either.
    private static FaultRates FaultsOf(Random random)
    {
        double Rate(double most) => random.Next(3) == 0 ? 0 : most * random.NextDouble() * random.NextDouble();
        return new()
        {
            Refused = Rate(0.15),
            AnswerLost = Rate(0.1),
            RequestLost = Rate(0.05),
            Twice = Rate(0.1),
            Held = Rate(0.8),
            TimePasses = Rate(0.5),
            Jump = Rate(0.1),
            Crash = Rate(0.03),
            Restart = Rate(0.02),
            Stall = Rate(0.05),
            ClockSet = Rate(0.02),
            DiskFails = random.Next(8) == 0 ? Rate(0.01) : 0,
        };
    }
}

/// <summary>Who has a space at the same time.</summary>
internal enum RunMode
{
    /// <summary>One process, as on a local disk.</summary>
    Sole,

    /// <summary>Several, as over blob storage.</summary>
    Shared,
}
