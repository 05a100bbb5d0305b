using Cairn.Primitives;

namespace Cairn.Model;

/// <summary>Forgetting: strength halves each half-life since it was last set or reinforced.</summary>
/// <remarks>Reinforcing in replay depends on these bits, so only IEEE additions and multiplications in a fixed order are used, never
/// a library's exp, whose last bit differs between machines. Golden values are tested.</remarks>
public static class Decay
{
    // 2^x on [0, 1): the Taylor series of e^(x ln 2), coefficients (ln 2)^n / n! from n = 16 down. What is left out is below 2^-53.
    private static readonly double[] Coefficients =
    [
        1.3570247948755148e-16, 3.1324367070884287e-15, 6.778726354822545e-14, 1.3691488853904128e-12, 2.5678435993488206e-11,
        4.4455382718708116e-10, 7.054911620801123e-09, 1.01780860092397e-07, 1.321548679014431e-06, 1.5252733804059841e-05,
        0.0001540353039338161, 0.0013333558146428443, 0.009618129107628477, 0.05550410866482158, 0.24022650695910072,
        0.6931471805599453, 1.0,
    ];

    /// <summary>Strength at <paramref name="now"/>.</summary>
    /// <param name="strength">0 to 1, as it was at <paramref name="since"/>.</param>
    /// <param name="since">When it was last set or reinforced.</param>
    /// <param name="now">The instant asked for; before <paramref name="since"/>: no decay.</param>
    /// <param name="halfLife">Null: no decay.</param>
    public static float At(float strength, Timestamp since, Timestamp now, TimeSpan? halfLife)
    {
        if (halfLife is not { } half || now <= since || half <= TimeSpan.Zero)
        {
            return strength;
        }

        var lives = (double)(now.Microseconds - since.Microseconds) / (half.Ticks / TimeSpan.TicksPerMicrosecond);
        return (float)(strength * HalfToThe(lives));
    }

    /// <summary>Strength after a reinforcement: s + amount·(1 − s).</summary>
    public static float Reinforce(float strength, float amount) => strength + (amount * (1 - strength));

    /// <summary>2^−x for x ≥ 0, of fixed operations; 0 from x = 1,000 on.</summary>
    internal static double HalfToThe(double x)
    {
        if (!(x < 1000))
        {
            return 0;
        }

        var whole = (long)x;
        var rest = x - whole;
        if (rest > 0)
        {
            (whole, rest) = (whole + 1, 1 - rest);
        }

        var power = 0d;
        foreach (var coefficient in Coefficients)
        {
            power = (power * rest) + coefficient;
        }

        return power * BitConverter.Int64BitsToDouble((1023 - whole) << 52);
    }
}
