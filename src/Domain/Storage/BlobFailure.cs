using Cairn.Primitives;

namespace Cairn.Storage;

/// <summary>What every blob store says in the same words.</summary>
public static class BlobFailure
{
    /// <summary>Corrupt: more bytes than a reader expects at most.</summary>
    public static CairnException TooLong(string name, long lengthBytes, int maxBytes) =>
        new(ErrorKind.Corrupt, $"{name} has {lengthBytes} bytes, more than {maxBytes}");

    /// <summary>Corrupt: the blob ends before what is read of it.</summary>
    public static CairnException Short(string name, long lengthBytes, long offset, int count) =>
        new(ErrorKind.Corrupt, $"{name} has {lengthBytes} bytes; {count} were expected at {offset}");

    /// <summary>Corrupt: other bytes than were written.</summary>
    public static CairnException Altered(string name) => new(ErrorKind.Corrupt, $"{name} is not what was written");

    /// <summary>Conflict: an upload met another blob of its name.</summary>
    public static CairnException Taken(string name) => new(ErrorKind.Conflict, $"{name} exists");
}
