using System.Diagnostics;
using Cairn.Simulation.Scheduling;

namespace Cairn.Simulation.Commands;

/// <summary>What came of some seeds.</summary>
/// <param name="Seeds">Seeds that were run.</param>
/// <param name="Failures">The command that replays each failed run, and what is broken.</param>
/// <param name="Hashes">Seed and hash of each run, if asked for.</param>
/// <param name="Totals">What each child did.</param>
internal sealed record WorkResult(int Seeds, IReadOnlyList<string> Failures, IReadOnlyList<string> Hashes, IReadOnlyList<string> Totals);

/// <summary>Seeds on their way through child processes of this program, each with a thread pool of one worker.</summary>
internal sealed class SeedWork(WorkRequest request)
{
    private readonly Lock _gate = new();
    private readonly List<string> _failures = [];
    private readonly List<string> _hashes = [];
    private readonly List<string> _totals = [];
    private int _done;

    /// <summary>Gets each line that is for people.</summary>
    public Action<string> Printed { get; init; } = static _ => { };

    /// <summary>Gets the number of seeds that are done.</summary>
    public Action<int> Progressed { get; init; } = static _ => { };

    public async Task<WorkResult> RunAsync(CancellationToken cancellationToken)
    {
        var children = request.Traces ? 1 : Math.Min(Environment.ProcessorCount, Math.Max(1, request.Seeds));
        var share = (request.Seeds + children - 1) / children;
        await Task.WhenAll(Enumerable.Range(0, children).Select(child =>
        {
            var first = child * share;
            return RunChildAsync(request with { From = request.From + first, Seeds = Math.Clamp(request.Seeds - first, 0, share) }, cancellationToken);
        }));
        return new(_done, _failures, _hashes, _totals);
    }

    private async Task RunChildAsync(WorkRequest part, CancellationToken cancellationToken)
    {
        using var child = new Process { StartInfo = StartOf(part) };
        child.Start();
        try
        {
            var failure = new List<string>();
            while (await child.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
            {
                Take(line, failure);
            }

            await child.WaitForExitAsync(cancellationToken);
            Take("", failure);
            if (child.ExitCode != 0)
            {
                throw new InvalidOperationException($"a child process ended with {child.ExitCode}: {part}");
            }
        }
        finally
        {
            if (!child.HasExited)
            {
                child.Kill();
            }
        }
    }

    private static ProcessStartInfo StartOf(WorkRequest part)
    {
        // Where a test runner loaded this assembly, the process is some other program.
        var dll = typeof(SeedWork).Assembly.Location;
        var self = Environment.ProcessPath!;
        var isHost = Path.GetFileNameWithoutExtension(self) == "dotnet";
        var start = new ProcessStartInfo(isHost ? self : Path.ChangeExtension(dll, OperatingSystem.IsWindows() ? ".exe" : null)) { RedirectStandardOutput = true };
        if (isHost)
        {
            start.ArgumentList.Add(dll);
        }

        start.ArgumentList.Add(WorkCommand.Name);
        foreach (var argument in part.ToString().Split(' '))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in SingleWorker.Environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private void Take(string line, List<string> failure)
    {
        lock (_gate)
        {
            if (failure.Count > 0 && !Is(line, WorkLine.Failure))
            {
                _failures.Add(string.Join('\n', failure));
                failure.Clear();
            }

            if (Is(line, WorkLine.Failure))
            {
                failure.Add(line[2..]);
                Printed(line[2..]);
            }
            else if (Is(line, WorkLine.Done))
            {
                Progressed(++_done);
            }
            else if (Is(line, WorkLine.Total))
            {
                _totals.Add(line[2..]);
            }
            else
            {
                Hash(line);
            }
        }
    }

    private void Hash(string line)
    {
        if (Is(line, WorkLine.Hash))
        {
            _hashes.Add(line[2..]);
        }

        Printed(line);
    }

    private static bool Is(string line, WorkLine kind) => line.Length > 1 && line[0] == (char)kind && line[1] == ' ';
}
