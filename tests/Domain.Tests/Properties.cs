using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests;

/// <summary>Runs a property over random inputs.</summary>
/// <remarks>
/// A failure prints the input, shrunk, and "seed of (a,b)" with a size: set <c>CAIRN_TEST_SEED=a,b,size</c> to replay just that input.
/// <c>CAIRN_TEST_CASES</c> replaces the number of inputs.
/// </remarks>
internal static class Properties
{
    public const string CasesVariable = "CAIRN_TEST_CASES";
    public const string SeedVariable = "CAIRN_TEST_SEED";

    public static void Check<T>(int cases, Arbitrary<T> inputs, Action<T> holds)
    {
        var config = Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(Number(CasesVariable) ?? cases);
        if (Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } seed)
        {
            config = config.WithMaxTest(1).WithReplay(Parse(seed));
        }

        FsCheck.Check.One(config, Prop.ForAll(inputs, holds));
    }

    public static void Check<T>(int cases, Gen<T> inputs, Action<T> holds) => Check(cases, inputs.ToArbitrary(), holds);

    /// <summary>For what does not shrink: a random number generator of its own.</summary>
    public static void CheckRandom(int cases, Action<Random> holds) =>
        Check(cases, Gen.Choose(0, int.MaxValue - 1), seed => holds(new Random(seed)));

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static Replay Parse(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var random = new Rnd(ulong.Parse(parts[0], CultureInfo.InvariantCulture), ulong.Parse(parts[1], CultureInfo.InvariantCulture));
        return new Replay(random, parts.Length > 2 ? int.Parse(parts[2], CultureInfo.InvariantCulture) : null);
    }
}
