using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>Reads a commit frame's body: first its preconditions, then its operations. Allocates nothing.</summary>
/// <remarks>Every read may throw Corrupt: the bytes are malformed. Limits other than those of names are the writer's business.</remarks>
public ref struct CommitReader
{
    private ByteReader _reader;
    private int _preconditionsLeft;
    private int _operationCount = -1;
    private int _operationsLeft;

    /// <summary>Starts at the body's first byte.</summary>
    /// <param name="body">The whole body of a commit frame.</param>
    public CommitReader(ReadOnlySpan<byte> body)
    {
        _reader = new(body);
        _preconditionsLeft = PreconditionCount = ReadCount();
    }

    /// <summary>Preconditions of the commit.</summary>
    public int PreconditionCount { get; }

    /// <summary>Operations of the commit. Skips preconditions that were not read yet.</summary>
    public int OperationCount
    {
        get
        {
            if (_operationCount < 0)
            {
                SkipPreconditions();
                _operationsLeft = _operationCount = ReadCount();
            }

            return _operationCount;
        }
    }

    /// <summary>Reads the next precondition; false behind the last.</summary>
    public bool TryReadPrecondition(out PreconditionView precondition)
    {
        precondition = default;
        if (_preconditionsLeft == 0)
        {
            return false;
        }

        _preconditionsLeft--;
        precondition = PreconditionView.Read(ref _reader);
        return true;
    }

    /// <summary>Reads the next operation; false behind the last. Skips preconditions that were not read yet.</summary>
    public bool TryReadOperation(out OperationView operation)
    {
        operation = default;
        _ = OperationCount;
        if (_operationsLeft == 0)
        {
            return _reader.Left == 0 ? false : throw Malformed.Because("bytes stand behind a commit's operations");
        }

        _operationsLeft--;
        operation = OperationView.Read(ref _reader);
        return true;
    }

    private void SkipPreconditions()
    {
        while (TryReadPrecondition(out _))
        {
        }
    }

    // No precondition and no operation takes less than four bytes, so that no count makes a long loop.
    private int ReadCount()
    {
        var count = _reader.UInt32();
        return count <= (uint)_reader.Left / 4 ? (int)count : throw Malformed.Because("a commit counts more than it holds");
    }
}

/// <summary>One precondition where it lies.</summary>
public readonly ref struct PreconditionView
{
    /// <summary>It is about an association, not a concept.</summary>
    public bool IsAssociation { get; private init; }

    /// <summary>What must hold.</summary>
    public Condition Condition { get; private init; }

    /// <summary>The version that the target must have; zero for other conditions.</summary>
    public LogPosition Version { get; private init; }

    /// <summary>The concept's id; empty for an association.</summary>
    public ReadOnlySpan<byte> Id { get; private init; }

    /// <summary>The association; empty for a concept.</summary>
    public AssociationName Association { get; private init; }

    internal static PreconditionView Read(scoped ref ByteReader reader)
    {
        var target = reader.Byte();
        var condition = (Condition)reader.Byte();
        if (target > 1 || condition is < Condition.Version or > Condition.Exists)
        {
            Malformed.Throw("no such precondition");
        }

        var version = condition == Condition.Version ? reader.Int64() : 0;
        if (version < 0 || version > LogPosition.Max.Value)
        {
            Malformed.Throw("a version is no log position");
        }

        return target == 0
            ? new() { Condition = condition, Version = new(version), Id = OperationView.ReadId(ref reader) }
            : new() { Condition = condition, Version = new(version), IsAssociation = true, Association = AssociationName.Read(ref reader) };
    }
}
