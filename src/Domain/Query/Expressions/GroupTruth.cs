namespace Cairn.Query.Expressions;

/// <summary>What is known of a condition on the 128 rows of a row group, one bit a row: where it is true, where it is false; elsewhere unknown.</summary>
internal readonly record struct GroupTruth(UInt128 True, UInt128 False)
{
    /// <summary>Both.</summary>
    public static GroupTruth operator &(GroupTruth a, GroupTruth b) => new(a.True & b.True, a.False | b.False);

    /// <summary>Either.</summary>
    public static GroupTruth operator |(GroupTruth a, GroupTruth b) => new(a.True | b.True, a.False & b.False);

    /// <summary>The opposite.</summary>
    public static GroupTruth operator !(GroupTruth a) => new(a.False, a.True);

    /// <summary>What is known of some rows, joined with what is known of others.</summary>
    public GroupTruth With(GroupTruth others) => new(True | others.True, False | others.False);
}
