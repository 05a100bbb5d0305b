namespace Cairn.Formats.Segments;

/// <summary>Names a section: a family of numbered chunks.</summary>
/// <param name="Kind">One of <see cref="SectionKind"/>.</param>
/// <param name="Argument">Tells sections of one kind apart: a column, a table; 0 where there is only one.</param>
internal readonly record struct SectionId(ushort Kind, uint Argument = 0) : IComparable<SectionId>
{
    public static bool operator <(SectionId left, SectionId right) => left.CompareTo(right) < 0;

    public static bool operator >(SectionId left, SectionId right) => left.CompareTo(right) > 0;

    public static bool operator <=(SectionId left, SectionId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SectionId left, SectionId right) => left.CompareTo(right) >= 0;

    /// <summary>By kind, then by argument: the order of the table of contents.</summary>
    public int CompareTo(SectionId other) => Kind != other.Kind ? Kind.CompareTo(other.Kind) : Argument.CompareTo(other.Argument);

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}:{Argument}";
}
