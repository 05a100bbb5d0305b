using Cairn.Columns;

namespace Cairn.Domain.Tests.Columns;

public sealed class TableChangeTests
{
    private readonly TableWriter _table = new(new());
    private readonly ArenaWriter _arena = new();
    private byte[]? _scratch;

    public TableChangeTests()
    {
        _table.Attach(0, _arena);
        _table.AddRow();
        Write(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Set_WhenOneChangeRewritesACellForEver_KeepsTheFirstAndTheLastValueOnly(bool accept)
    {
        _table.Begin();
        for (var i = 0; i < 1000; i++)
        {
            Write(2 + i);
            if (i % 7 == 0)
            {
                _table.Unset(0, 0);
            }
        }

        Assert.InRange(_arena.AllocatedBytes, 0, 6 * 50_000);
        if (accept)
        {
            _table.Accept();
        }
        else
        {
            _table.Undo();
        }

        Assert.True(_table.TryGet(0, 0, out var cell));
        Assert.Equal(Value(accept ? 1001 : 1), _arena.Read(cell >> 1, ref _scratch));
        Assert.Equal(50_003, _arena.LiveBytes);
    }

    private void Write(int seed) => _table.Set(0, 0, (_arena.Append(Value(seed)) << 1) | 1);

    private static byte[] Value(int seed)
    {
        var value = new byte[50_000];
        Array.Fill(value, (byte)seed);
        return value;
    }
}
