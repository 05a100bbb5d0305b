using System.Globalization;

namespace Cairn.Simulation;

/// <summary>The one source of randomness of a simulated run: the same seed gives the same run.</summary>
/// <remarks>Set <c>CAIRN_SIM_SEED</c> to replay the seed that a failed run printed.</remarks>
public readonly record struct Seed(int Value)
{
    public const string Variable = "CAIRN_SIM_SEED";

    public static Seed FromEnvironment() => Parse(Environment.GetEnvironmentVariable(Variable)) ?? new Seed(Random.Shared.Next());

    /// <returns>Null when <paramref name="text"/> is not a seed.</returns>
    public static Seed? Parse(string? text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? new Seed(value) : null;

    public Random CreateRandom() => new(Value);

    public override string ToString() => $"{Variable}={Value.ToString(CultureInfo.InvariantCulture)}";
}
