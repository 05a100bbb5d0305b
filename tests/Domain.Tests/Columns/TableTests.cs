using System.Text;
using Cairn.Columns;

namespace Cairn.Domain.Tests.Columns;

/// <summary>A table under random changes, against a dictionary; column 2 refers to values of an arena.</summary>
public sealed class TableTests
{
    private const int Columns = 40;
    private const int ArenaColumn = 2;

    [Fact]
    public void Changes_WhenRandom_AgreeWithADictionaryAndLeaveOldVersionsAlone() => Properties.CheckRandom(30, random => new Run(random).Go(400));

    [Fact]
    public void Publish_WhenNothingChanged_GivesTheSameVersion()
    {
        var table = new TableWriter(new());
        table.Set(table.AddRow(), 3, 7);

        Assert.Equal(table.Publish(), table.Publish());
    }

    [Fact]
    public void Publish_WhenOneRowChanged_SharesTheOtherPages()
    {
        var table = new TableWriter(new());
        for (var row = 0; row < 10 * Page.Rows; row++)
        {
            table.AddRow();
            table.Set(row, 0, row);
            table.Set(row, 1, -row);
        }

        var before = table.Publish();
        table.Set(5 * Page.Rows, 0, 99);
        var after = table.Publish();

        for (var row = 0; row < table.RowCount; row += Page.Rows)
        {
            var touched = row == 5 * Page.Rows;
            Assert.Equal(!touched, ReferenceEquals(before.Group(row)[0], after.Group(row)[0]));
            Assert.Same(before.Group(row)[1], after.Group(row)[1]);
        }
    }

    private sealed class Run(Random random)
    {
        private readonly ArenaWriter _arena = new();
        private readonly TableWriter _table = new(new());
        private readonly List<(Table Table, Arena Arena, Dictionary<(int Row, int Column), string> Cells, int Rows)> _versions = [];
        private Dictionary<(int Row, int Column), string> _cells = [];
        private Dictionary<(int Row, int Column), string>? _before;
        private int _rows;

        public void Go(int steps)
        {
            _table.Attach(ArenaColumn, _arena);
            for (var i = 0; i < steps; i++)
            {
                Step();
            }

            End();
            Publish();
            _versions.ForEach(RequireSame);
            Assert.Equal(LiveBytes(_cells), _arena.LiveBytes);
        }

        private void Step()
        {
            switch (random.Next(20))
            {
                case < 3 when _rows < 500:
                    for (var n = random.Next(1, 40); n > 0; n--)
                    {
                        Assert.Equal(_rows++, _table.AddRow());
                    }

                    break;
                case < 12 when _rows > 0:
                    Set(Row(), random.Next(3) == 0 ? ArenaColumn : random.Next(random.Next(2) == 0 ? 4 : Columns));
                    break;
                case < 14 when _rows > 0:
                    var (row, column) = (Row(), random.Next(4));
                    _table.Unset(row, column);
                    _cells.Remove((row, column));
                    break;
                case 14 when _rows > 0:
                    Clear(Row());
                    break;
                case 15 or 16 when _before is null:
                    _table.Begin();
                    _before = new(_cells);
                    break;
                case 15 or 16:
                    End();
                    break;
                case 17 when _before is null:
                    new ArenaCompaction(_table, ArenaColumn, _arena).Step(8);
                    break;
                case 18 or 19 when _before is null:
                    Publish();
                    break;
                default:
                    break;
            }

            RequireSameCell();
        }

        private int Row() => random.Next(2) == 0 ? random.Next(_rows) : random.Next(Math.Min(_rows, 5));

        private void Set(int row, int column)
        {
            if (column == ArenaColumn)
            {
                var text = new string((char)random.Next('a', 'z'), random.Next(20) == 0 ? random.Next(200_000) : random.Next(300));
                _table.Set(row, column, (_arena.Append(Encoding.ASCII.GetBytes(text)) << 1) | 1);
                _cells[(row, column)] = text;
            }
            else
            {
                var cell = random.Next(3) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : random.Next(10);
                _table.Set(row, column, cell);
                _cells[(row, column)] = cell.ToString();
            }
        }

        private void Clear(int row)
        {
            _table.Clear(row);
            for (var column = 0; column < Columns; column++)
            {
                _cells.Remove((row, column));
            }
        }

        private void End()
        {
            if (_before is null)
            {
                return;
            }

            if (random.Next(2) == 0)
            {
                _table.Undo();
                _cells = _before;
            }
            else
            {
                _table.Accept();
            }

            _before = null;
        }

        private void Publish() => _versions.Add((_table.Publish(), _arena.Publish(), new(_cells), _rows));

        private void RequireSameCell()
        {
            if (_rows == 0)
            {
                return;
            }

            var (row, column) = (random.Next(_rows), random.Next(Columns));
            var there = _table.TryGet(row, column, out var cell);
            Assert.Equal(_cells.ContainsKey((row, column)), there);
            if (there && column != ArenaColumn)
            {
                Assert.Equal(_cells[(row, column)], cell.ToString());
            }
        }

        private static void RequireSame((Table Table, Arena Arena, Dictionary<(int Row, int Column), string> Cells, int Rows) version)
        {
            Assert.Equal(version.Rows, version.Table.RowCount);
            for (var row = 0; row < version.Rows; row++)
            {
                for (var column = 0; column < Columns; column++)
                {
                    var there = version.Table.TryGet(row, column, out var cell);
                    Assert.Equal(version.Cells.GetValueOrDefault((row, column)), there ? Text(version.Arena, column, cell) : null);
                }
            }
        }

        private static string Text(Arena arena, int column, long cell)
        {
            if (column != ArenaColumn)
            {
                return cell.ToString();
            }

            var bytes = new byte[arena.LengthOf(cell >> 1)];
            arena.CopyTo(cell >> 1, bytes);
            return Encoding.ASCII.GetString(bytes);
        }

        private static long LiveBytes(Dictionary<(int Row, int Column), string> cells) => cells
            .Where(cell => cell.Key.Column == ArenaColumn)
            .Sum(cell => cell.Value.Length + (cell.Value.Length < 128 ? 1 : cell.Value.Length < 16_384 ? 2 : 3));
    }
}
