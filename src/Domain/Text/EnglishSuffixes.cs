using System.Text;

namespace Cairn.Text;

/// <summary>What must hold for a suffix to be replaced, beside the region it must lie in.</summary>
internal enum SuffixCondition
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>An l is before it.</summary>
    BehindL,

    /// <summary>One of the letters that li is cut off behind is before it.</summary>
    BehindLiEnding,

    /// <summary>An s or a t is before it.</summary>
    BehindSOrT,

    /// <summary>It lies in R2.</summary>
    InR2,
}

/// <summary>The suffixes of the English stemmer, longest first. Immutable.</summary>
internal static class EnglishSuffixes
{
    /// <summary>A suffix, what it becomes, and when.</summary>
    internal readonly record struct Replacement(byte[] Suffix, byte[] Becomes, SuffixCondition Condition);

    /// <summary>Replaced in R1.</summary>
    public static readonly Replacement[] Step2 = Parse(
        """
        ational:ate fulness:ful iveness:ive ization:ize ousness:ous biliti:ble lessli:less tional:tion alism:al aliti:al ation:ate entli:ent fulli:ful
        iviti:ive ousli:ous abli:able alli:al anci:ance ator:ate enci:ence izer:ize bli:ble ogi:og:BehindL li::BehindLiEnding
        """);

    /// <summary>Replaced in R1.</summary>
    public static readonly Replacement[] Step3 = Parse("ational:ate tional:tion alize:al ative::InR2 icate:ic iciti:ic ical:ic ness: ful:");

    /// <summary>Removed in R2.</summary>
    public static readonly Replacement[] Step4 = Parse(
        "ement: able: ance: ence: ible: ment: ant: ate: ent: ion::BehindSOrT ism: iti: ive: ize: ous: al: er: ic:");

    private static Replacement[] Parse(string list) =>
        [.. list.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(static item => item.Split(':')).Select(static parts => new Replacement(
            Encoding.ASCII.GetBytes(parts[0]), Encoding.ASCII.GetBytes(parts[1]), parts.Length > 2 ? Enum.Parse<SuffixCondition>(parts[2]) : SuffixCondition.None))];
}
