namespace Cairn.Query.Expressions;

/// <summary>Three-valued logic, in the order in which AND takes the least and OR the greatest.</summary>
internal enum Truth : byte
{
    /// <summary>It does not hold.</summary>
    False,

    /// <summary>A null leaves it open.</summary>
    Unknown,

    /// <summary>It holds.</summary>
    True,
}

/// <summary>Its operations.</summary>
internal static class Truths
{
    /// <summary>True or false.</summary>
    public static Truth Of(bool holds) => holds ? Truth.True : Truth.False;

    /// <summary>The opposite; unknown stays unknown.</summary>
    public static Truth Not(Truth truth) => Truth.True - (byte)truth;
}
