namespace Cairn.Formats;

/// <summary>What identifies an association, as UTF-8 where it lies.</summary>
/// <param name="source">Id of the concept it leaves, 1 to 512 bytes.</param>
/// <param name="type">1 to 128 bytes.</param>
/// <param name="target">Id of the concept it reaches, 1 to 512 bytes.</param>
/// <param name="key">At most 128 bytes, usually none.</param>
public readonly ref struct AssociationName(ReadOnlySpan<byte> source, ReadOnlySpan<byte> type, ReadOnlySpan<byte> target, ReadOnlySpan<byte> key)
{
    /// <summary>Id of the concept it leaves.</summary>
    public ReadOnlySpan<byte> Source { get; } = source;

    /// <summary>Its type.</summary>
    public ReadOnlySpan<byte> Type { get; } = type;

    /// <summary>Id of the concept it reaches.</summary>
    public ReadOnlySpan<byte> Target { get; } = target;

    /// <summary>Tells parallel associations apart.</summary>
    public ReadOnlySpan<byte> Key { get; } = key;

    internal int EncodedBytes => 2 + Source.Length + 1 + Type.Length + 2 + Target.Length + 1 + Key.Length;

    internal static AssociationName Read(scoped ref ByteReader reader)
    {
        var name = new AssociationName(reader.Medium(), reader.Short(), reader.Medium(), reader.Short());
        if (name.Source.IsEmpty || name.Type.IsEmpty || name.Target.IsEmpty)
        {
            Malformed.Throw("an association lacks its source, type or target");
        }

        return name;
    }

    /// <summary>Writes <see cref="EncodedBytes"/> bytes.</summary>
    internal void Write(Span<byte> destination)
    {
        destination = ByteWriting.Medium(destination, Source);
        destination = ByteWriting.Short(destination, Type);
        destination = ByteWriting.Medium(destination, Target);
        ByteWriting.Short(destination, Key);
    }
}
