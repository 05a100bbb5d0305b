using System.Globalization;
using Cairn.Simulation.Running;

namespace Cairn.Simulation.Commands;

/// <summary>Which seeds to run and how, as on the command line.</summary>
/// <param name="From">The first seed.</param>
/// <param name="Seeds">How many.</param>
/// <param name="Mode">How many processes share the space.</param>
internal sealed record WorkRequest(int From, int Seeds, RunMode Mode)
{
    /// <summary>Instead of chance, one crash at each storage call in turn.</summary>
    public bool Sweeps { get; init; }

    /// <summary>Of a sweep, the only call to crash at; null: all.</summary>
    public int? CrashAt { get; init; }

    /// <summary>Prints what happens.</summary>
    public bool Traces { get; init; }

    /// <summary>Prints the hash of each run.</summary>
    public bool Hashes { get; init; }

    /// <exception cref="ArgumentException">It makes no sense.</exception>
    public static WorkRequest Parse(IReadOnlyList<string> args)
    {
        var request = new WorkRequest(0, 1000, RunMode.Sole);
        for (var i = 0; i < args.Count; i++)
        {
            request = args[i] switch
            {
                "--from" => request with { From = Number(args, ++i) },
                "--seeds" => request with { Seeds = Number(args, ++i) },
                "--crash-at" => request with { CrashAt = Number(args, ++i) },
                "--shared" => request with { Mode = RunMode.Shared },
                "--sweep" => request with { Sweeps = true },
                "--trace" => request with { Traces = true },
                "--hash" => request with { Hashes = true },
                var unknown => throw new ArgumentException($"{unknown} is not known"),
            };
        }

        return request;
    }

    public override string ToString() => string.Join(
        ' ',
        new[]
        {
            $"--from {From.ToString(CultureInfo.InvariantCulture)} --seeds {Seeds.ToString(CultureInfo.InvariantCulture)}",
            Mode == RunMode.Shared ? "--shared" : "",
            Sweeps ? "--sweep" : "",
            CrashAt is { } call ? $"--crash-at {call.ToString(CultureInfo.InvariantCulture)}" : "",
            Traces ? "--trace" : "",
            Hashes ? "--hash" : "",
        }.Where(static part => part.Length > 0));

    private static int Number(IReadOnlyList<string> args, int at) =>
        at < args.Count && int.TryParse(args[at], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ArgumentException($"{args[at - 1]} takes a number");
}
