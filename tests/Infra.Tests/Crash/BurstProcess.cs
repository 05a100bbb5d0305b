using System.Diagnostics;
using System.Text;
using Cairn.Embedded;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Infra.Tests.Crash;

/// <summary>A process of ours that takes bursts into a folder until it is killed, and says what it acknowledged.</summary>
internal sealed class BurstProcess : IDisposable
{
    public const string Verb = "--burst-process";
    public const string Space = "crash";

    /// <summary>Commits that one writer has under way at once: every so many-th number is sent after the one before it.</summary>
    public const int Lanes = 8;

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private BurstProcess(Process process)
    {
        _process = process;
        _output = Task.Run(ReadToEndAsync);
    }

    /// <summary>Completes when it has acknowledged something, or has ended.</summary>
    public Task Begun => _begun.Task;

    /// <summary>Checkpoints all the time, as far as the size of the last one allows.</summary>
    private static readonly CheckpointOptions Often = CheckpointOptions.Default with { TailOperations = 20, Interval = TimeSpan.Zero };

    public static BurstProcess Start(string folder, int run)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (var argument in (string[])["exec", typeof(BurstProcess).Assembly.Location, Verb, folder, run.ToString()])
        {
            start.ArgumentList.Add(argument);
        }

        return new(Process.Start(start)!);
    }

    /// <summary>Kills it as kill -9 does.</summary>
    /// <returns>What it acknowledged, with positions.</returns>
    public async Task<Dictionary<BurstCommit, LogPosition>> KillAsync(CancellationToken cancellationToken)
    {
        Assert.False(_process.HasExited, "it ended by itself");
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);

        // What stands behind the last line end was cut off in its midst.
        var lines = (await _output).Split('\n')[..^1].Select(line => line.TrimEnd('\r').Split(' '));
        return lines.Where(line => line.Length == 2).ToDictionary(line => BurstCommit.Parse(line[0]), line => new LogPosition(long.Parse(line[1])));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    /// <summary>What the started program does.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        // If the tests are gone, nobody would kill it.
        _ = Task.Run(async () =>
        {
            await Console.In.ReadToEndAsync();
            Environment.Exit(3);
        });
        await using var memory = EmbeddedMemory.Open(args[0], EmbeddedOptions.Latency with { Engine = EngineOptions.Latency with { Checkpoints = Often } });
        var (space, run) = (await memory.OpenSpaceAsync(Space, default), int.Parse(args[1]));
        var counters = space.NewCommit();
        for (var writer = 0; writer < BurstCommit.Writers; writer++)
        {
            counters.Put(new() { Id = BurstCommit.Counter(run, writer), Strength = 0 });
        }

        await space.CommitAsync(counters, default);
        await Task.WhenAll(
            from writer in Enumerable.Range(0, BurstCommit.Writers)
            from lane in Enumerable.Range(0, Lanes)
            select Task.Run(() => WriteForeverAsync(space, run, writer, lane)));
        return 0;
    }

    private static async Task WriteForeverAsync(EmbeddedSpace space, int run, int writer, int lane)
    {
        for (var number = lane; ; number += Lanes)
        {
            await SendAsync(space, new(run, writer, number));
        }
    }

    private static async Task SendAsync(EmbeddedSpace space, BurstCommit burst)
    {
        var commit = burst.Build(space);
        var first = SendAsync(space, burst, commit);
        var second = burst.IsRepeated ? SendAsync(space, burst, commit) : first;
        var position = await first;
        Console.WriteLine($"{burst.Name} {position.Value}");
        await second;
    }

    private static async Task<LogPosition> SendAsync(EmbeddedSpace space, BurstCommit burst, CommitBuilder commit)
    {
        if (burst.IsIngested)
        {
            return await space.IngestAsync(commit, default);
        }

        var outcome = await space.CommitAsync(commit, default);
        return outcome.Kind == OutcomeKind.Committed ? outcome.Position : throw new InvalidOperationException($"{burst}: {outcome.Reason}");
    }

    private async Task<string> ReadToEndAsync()
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        while (await _process.StandardOutput.ReadAsync(buffer) is var read and > 0)
        {
            text.Append(buffer, 0, read);
            _begun.TrySetResult();
        }

        _begun.TrySetResult();
        return text.ToString();
    }
}
