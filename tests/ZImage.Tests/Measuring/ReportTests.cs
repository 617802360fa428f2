using System.Globalization;
using System.Xml.Linq;
using ZImage.Engine.Generation;
using ZImage.Engine.Measuring;
using ZImage.Engine.Memory;
using static ZImage.Tests.Measuring.MadeUpRuns;

namespace ZImage.Tests.Measuring;

/// <summary>What a report says, and that a reader of its formats can read it.</summary>
public sealed class ReportTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Markdown_has_all_sections_in_their_order()
    {
        string text = Markdown(Suite);
        Assert.StartsWith("# turbo on Some Card 12GB\n\n8 runs of 6 configurations, 2030-02-03 04:05 +00:00\n", text, StringComparison.Ordinal);
        Assert.Equal(["Environment", "Model configuration", "Matrix", "Legend", "Analysis", "Recommendation"], Headings(text));
    }

    [Fact]
    public void Environment_and_model_are_those_of_the_runs()
    {
        string text = Markdown(Suite);
        Assert.Equal("Some Card 12GB (CUDA0)", Cells(text, "Device")[1]);
        Assert.Equal("580.95", Cells(text, "Driver")[1]);
        Assert.Equal("12.00 GiB, 11.00 GiB of them free at the start", Cells(text, "Memory of the device")[1]);
        Assert.Equal("A Processor, 16 threads", Cells(text, "Processor")[1]);
        Assert.Equal("AVX2, FMA", Cells(text, "Instruction sets")[1]);
        Assert.Equal(["Z-Image transformer", "6150.0", "6200", "Q8\\_0 6199, F32 1.0", "turbo.gguf"], Cells(text, "Z-Image transformer"));
        Assert.Equal(["Together", "9734.0", "9860", "", ""], Cells(text, "Together"));
        Assert.DoesNotContain("somebody", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_not_taken_down_is_left_out()
    {
        GenerationMeasurement run = Suite[1] with { Context = null };
        Assert.Equal(["Matrix", "Legend", "Analysis", "Recommendation"], Headings(Markdown([run])));
        MeasuredEnvironment little = Context.Environment with { Driver = null, DeviceTotalBytes = null };
        string text = Markdown([Suite[1] with { Context = Context with { Environment = little } }]);
        Assert.DoesNotContain("Driver", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Memory of the device", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_matrix_has_the_figures_of_each_row()
    {
        string text = Markdown(Suite);
        Assert.Equal(["#", "Configuration", "Result", "Time (s)", "Range (s)", "Step (s)", "Decode (s)", "Peak (MiB)", "Planned (MiB)", "Host (MiB)", "Moved (MiB)", "Planned (s)"], Cells(text, "#"));
        Assert.Equal(["2", "CondOnly", "Success", "10.0", "9.80 to 10.4", "2.00", "0.500", "11264", "11264", "300", "700", "10.8"], Cells(text, "2"));
        Assert.Equal(["3", "CondOnly + tiling", "Success", "10.5", "", "2.00", "1.00", "8192", "8192", "300", "700", "11.6"], Cells(text, "3"));
        Assert.Equal(["1", "None", "Out of memory", "", "", "", "", "", "14336", "", "", ""], Cells(text, "1"));
        Assert.Equal("Timeout", Cells(text, "5")[2]);
        Assert.Contains("- Row 6 (Aggressive): Something \\| broke: \\<\\&\\>.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_legend_explains_what_is_there_and_nothing_else()
    {
        string legend = Section(Markdown(Suite), "Legend");
        Assert.Contains("- CondOnly: ", legend, StringComparison.Ordinal);
        Assert.Contains("- Timeout: ", legend, StringComparison.Ordinal);
        Assert.Contains("- Tiling: ", legend, StringComparison.Ordinal);
        Assert.DoesNotContain("CondDiffusion", legend, StringComparison.Ordinal);
        Assert.Equal(["4", "CondOnly", "CUDA0", "CPU", "Off", "Whole", "Auto", "12GB"], Cells(legend, "4"));

        string single = Section(Markdown([Suite[1]]), "Legend");
        Assert.DoesNotContain("Timeout", single, StringComparison.Ordinal);
        Assert.DoesNotContain("Tiling", single, StringComparison.Ordinal);
        Assert.DoesNotContain("Range", single, StringComparison.Ordinal);
    }

    [Fact]
    public void The_analysis_is_computed_from_the_runs()
    {
        string[] said = Items(Section(Markdown(Suite), "Analysis"));
        Assert.Equal(
        [
            "3 of 6 configurations succeeded: rows 2, 3 and 4.",
            "Out of memory: row 1 (None), which the plan said before anything was moved.",
            "Stopped because of the time: row 5 (LayerStreaming).",
            "Failed: row 6 (Aggressive).",
            "The fastest is row 2 (CondOnly): 10.0 s a picture, 2.00 s a step, with 11.00 GiB of the device at most.",
            "Against it row 3 (CondOnly + tiling) takes 1.05 times as long (0.500 s more) and needs 3.00 GiB less.",
            "Against it row 4 (CondOnly, VAE on CPU) takes 4.00 times as long (30.0 s more) and needs 4.00 GiB less.",
            "Tiles take 2.00 times as long to decode as without: 1.00 s in row 3 and 0.500 s in row 2.",
            "Of the time, moving weights takes 12 % in row 3, 5.0 % in row 2 and 1.2 % in row 4.",
            "Times were predicted to within 10 % (row 3: 11.6 s predicted, 10.5 s measured), and half of them to within 10 %.",
            "The most memory of the device was predicted to the byte in all 3 rows.",
            "Runs of one row differ by 6.0 % of their median at most (row 2).",
            "Rows 2 and 4 give the same pixels, row 3 others; what is decoded is the same in all.",
        ], said);
    }

    [Fact]
    public void The_fastest_is_recommended_and_what_is_nearly_as_fast_in_less_memory()
    {
        string text = Section(Markdown(Suite), "Recommendation");
        Assert.Contains("On Some Card 12GB, use CondOnly, the fastest of what was measured that succeeded:", text, StringComparison.Ordinal);
        Assert.Contains("\nSet-ZOffload -OffloadMode CondOnly -VaeTiling Off -VramBudget 12GB\n", text, StringComparison.Ordinal);
        Assert.Contains("To leave 3.00 GiB more to other programs for 0.500 s a picture, use CondOnly + tiling:", text, StringComparison.Ordinal);
        Assert.Contains("\nSet-ZOffload -OffloadMode CondOnly -VaeTiling On -VramBudget 12GB\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Budgets_and_switches_are_written_as_PowerShell_reads_them()
    {
        MeasureConfiguration own = Configuration(1, OffloadMode.LayerStreaming, VaeTiling.Auto, vaeOnCpu: true);
        own = own with { Offload = own.Offload with { TextEncoderOnCpu = true, VaeTileSize = 256, Reload = ReloadSource.File, VramBudget = MemoryBudget.Parse("-1.5GB"), RamBudget = MemoryBudget.Parse("50%") } };
        Assert.Contains("\nSet-ZOffload -OffloadMode LayerStreaming -TextEncoderOnCpu -VaeOnCpu -VaeTileSize 256 -Reload File -VramBudget '-1.5GB' -RamBudget '50%'\n", Markdown([Success(own, 10, 2, Gib)]), StringComparison.Ordinal);
    }

    [Fact]
    public void One_run_of_one_configuration_reads_well()
    {
        string text = Markdown([Suite[1]]);
        Assert.Contains("1 run of 1 configuration,", text, StringComparison.Ordinal);
        Assert.Equal(
        [
            "The configuration succeeded.",
            "The one that succeeded is row 2 (CondOnly): 10.0 s a picture, 2.00 s a step, with 11.00 GiB of the device at most.",
            "Of the time, moving weights takes 5.0 % in row 2.",
            "The plan's time was 10 % too long: 11.0 s predicted, 10.0 s measured.",
            "The most memory of the device was predicted to the byte.",
        ], Items(Section(text, "Analysis")));
        Assert.Contains("the one configuration that succeeded:", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_down_are_told()
    {
        GenerationMeasurement run = Suite[1];
        var step = new StepDown(Phase.Decode, OffloadMode.None, OffloadMode.CondOnly, 12 * Gib, 10 * Gib, "No room.", run.Plan!);
        Assert.Contains("Row 2 (CondOnly) ran out of memory in Decode and went on with 10.00 GiB in place of 12.00 GiB, with the mode CondOnly in place of None.",
            Items(Section(Markdown([run with { StepsDown = [step] }]), "Analysis")));
        Assert.Contains("Row 2 (CondOnly) ran out of memory in Decode of run 2 and went on with 10.00 GiB in place of 12.00 GiB.",
            Items(Section(Markdown([run, Suite[2] with { StepsDown = [step with { FromMode = OffloadMode.CondOnly }] }]), "Analysis")));
    }

    [Fact]
    public void When_nothing_fits_the_smallest_budget_is_said()
    {
        string text = Markdown([OutOfMemory(Configuration(1, OffloadMode.None), 14 * Gib), OutOfMemory(Configuration(2, OffloadMode.CondOnly), 13 * Gib + 1)]);
        Assert.Equal(["None of the 2 configurations succeeded.", "Out of memory: rows 1 and 2, which the plan said before anything was moved."], Items(Section(text, "Analysis")));
        Assert.Contains("row 2 (CondOnly) needs least: it fits a budget of 13.01 GiB in place of 12.00 GiB.", text, StringComparison.Ordinal);
        Assert.Contains("\nSet-ZOffload -OffloadMode LayerStreaming -VaeTiling Off -VramBudget 12GB\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Charts", text, StringComparison.Ordinal);

        string streamed = Markdown([OutOfMemory(Configuration(1, OffloadMode.LayerStreaming), 14 * Gib)]);
        Assert.Contains("The configuration did not succeed.", streamed, StringComparison.Ordinal);
        Assert.DoesNotContain("Set-ZOffload", streamed, StringComparison.Ordinal);
    }

    // A picture that is not larger than a tile is decoded whole, whatever was asked for.
    [Fact]
    public void Tiles_that_were_not_used_are_not_judged()
    {
        GenerationMeasurement asked = Suite[4] with { Plan = Suite[1].Plan };
        string text = Markdown([Suite[1], asked]);
        Assert.DoesNotContain("Tiles take", text, StringComparison.Ordinal);
        Assert.DoesNotContain("which changes it a little", text, StringComparison.Ordinal);
        Assert.Contains("Tiles take", Markdown([Suite[1], Suite[4]]), StringComparison.Ordinal);
    }

    [Fact]
    public void Different_pictures_are_not_compared()
    {
        MeasureConfiguration small = Configuration(2, OffloadMode.CondOnly) with { Request = Request with { Width = 256, Height = 256 } };
        string text = Markdown([Success(Configuration(1, OffloadMode.CondOnly), 10, 2, 11 * Gib), Success(small, 2, 0.1, 8 * Gib)]);
        Assert.Contains("Rows draw different pictures, so their times are not compared.", Items(Section(text, "Analysis")));
        Assert.DoesNotContain("Against it", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Set-ZOffload", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_one_name_with_other_settings_stay_apart()
    {
        MeasureConfiguration large = Configuration(1, OffloadMode.CondOnly), small = large with { Request = Request with { Width = 256, Height = 256 } };
        GenerationMeasurement[] runs = [Success(large, 10, 2, 11 * Gib), Success(small, 2, 0.1, 8 * Gib)];
        Assert.Equal([10, 2], MeasurementSummary.Of(runs).Select(summary => summary.Duration!.Median));
        // The same levels of noise are the same settings, though they are not the same list.
        GenerationMeasurement Own(float[] sigmas) => Success(large with { Request = Request with { Sigmas = sigmas } }, 10, 2, 11 * Gib);
        Assert.Equal(2, Assert.Single(MeasurementSummary.Of([Own([1, 0.5f, 0]), Own([1, 0.5f, 0])])).Runs);
        Assert.Equal(2, MeasurementSummary.Of([Own([1, 0.5f, 0]), Own([1, 0.4f, 0])]).Count);
    }

    [Fact]
    public void Runs_of_a_row_that_give_different_pictures_are_told_first()
    {
        MeasureConfiguration one = Configuration(1, OffloadMode.CondOnly);
        string[] said = Items(Section(Markdown([Success(one, 10, 2, 11 * Gib, run: 1, hash: "A"), Success(one, 10, 2, 11 * Gib, run: 2, hash: "B")]), "Analysis"));
        Assert.Equal("The runs of row 1 (CondOnly) do not all give the same pixels, though they draw the same request.", said[0]);
    }

    [Fact]
    public void Memory_that_ran_out_in_a_plan_that_fits_gives_no_budget()
    {
        string text = Section(Markdown([OutOfMemory(Configuration(1, OffloadMode.CondOnly), 9 * Gib)]), "Recommendation");
        Assert.Contains("the device had less room than it said", text, StringComparison.Ordinal);
        Assert.DoesNotContain("fits a budget", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_budget_below_the_card_is_said_and_not_recommended()
    {
        MeasureConfiguration less = Configuration(1, OffloadMode.CondOnly, VaeTiling.On);
        less = less with { Offload = less.Offload with { VramBudget = MemoryBudget.FromBytes(6 * Gib), VaeTileOverlap = 0.5f } };
        string text = Section(Markdown([Success(less, 10, 2, 5 * Gib)]), "Recommendation");
        Assert.Contains("With a budget of 6GB on Some Card 12GB, use", text, StringComparison.Ordinal);
        Assert.Contains("\nSet-ZOffload -OffloadMode CondOnly -VaeTiling On -VaeTileOverlap 0.5\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void When_nothing_succeeds_for_other_reasons_memory_is_not_blamed()
    {
        Assert.Contains("allow more", Markdown([Suite[6]]), StringComparison.Ordinal);
        string failed = Section(Markdown([Suite[7]]), "Recommendation");
        Assert.Contains("not for want of memory", failed, StringComparison.Ordinal);
        Assert.DoesNotContain("budget", failed, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_models_have_sections_of_their_own()
    {
        string text = Markdown([Suite[1], Suite[1] with { Model = "base", Context = null, DurationSeconds = 77 }]);
        Assert.Contains("Matrix: turbo on CUDA0", Headings(text));
        Assert.Contains("Matrix: base on CUDA0", Headings(text));
        Assert.Equal("77.0", Cells(Section(text, "Matrix: base on CUDA0"), "2")[3]);
        Assert.Contains("The configuration succeeded.", Section(text, "Analysis: base on CUDA0"), StringComparison.Ordinal);
        XElement page = Page([Suite[1], Suite[1] with { Model = "base" }]);
        string[] ids = [.. page.Descendants().Attributes("id").Select(id => id.Value)];
        Assert.Equal(8, ids.Length);
        Assert.Equal(ids.Distinct(), ids);
    }

    [Fact]
    public void Random_weights_are_said_to_be_random()
    {
        string Of(double scale) => Markdown([Suite[1] with { Context = Context with { Model = Context.Model with { SyntheticScale = scale } } }]);
        Assert.Contains("random", Of(1), StringComparison.Ordinal);
        Assert.DoesNotContain("published", Of(1), StringComparison.Ordinal);
        Assert.Contains("45 % of the published model's bytes", Of(0.45), StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_made_with_others_takes_its_share_of_the_time()
    {
        GenerationMeasurement four = Success(Configuration(3, OffloadMode.Aggressive), 20, 4, 5 * Gib);
        string text = Markdown([Suite[1], four with { Settings = four.Settings with { BatchSize = 4 } }]);
        Assert.Contains("The fastest is row 3 (Aggressive): 5.00 s a picture", text, StringComparison.Ordinal);
        Assert.Equal(["3", "Aggressive", "Success", "4", "20.0"], Cells(text, "3")[..5]);
    }

    [Theory]
    [InlineData("All 3 rows give the same pixels.", "A", "A", "A")]
    [InlineData("No two rows give the same pixels; what is decoded is the same in all.", "A", "B", "C")]
    [InlineData("Rows 1 and 3 give the same pixels, row 2 others; what is decoded is the same in all.", "A", "B", "A")]
    [InlineData("Rows 1 and 2 give the same pixels, rows 3 and 4 others; what is decoded is the same in all.", "A", "A", "B", "B")]
    [InlineData("Rows 1 and 2 give the same pixels, rows 3 and 4 each others; what is decoded is the same in all.", "A", "A", "B", "C")]
    public void Equal_pictures_are_found(string expected, params string[] hashes)
        => Assert.Contains(expected, Items(Section(Markdown([.. hashes.Select((hash, i) => Success(Configuration(i + 1, OffloadMode.CondOnly), 10, 2, Gib, hash: hash))]), "Analysis")));

    [Fact]
    public void Html_is_well_formed_and_fetches_and_runs_nothing()
    {
        string text = MeasurementReport.Of(Suite).Write(ReportFormat.Html);
        Assert.StartsWith("<!DOCTYPE html>\n<html lang=\"en\">", text, StringComparison.Ordinal);
        XElement page = Page(Suite);
        Assert.DoesNotContain(page.Descendants(), element => element.Name.LocalName is "script" or "link" or "img" or "iframe" or "object" or "use" or "image");
        Assert.DoesNotContain(page.Descendants().Attributes(), attribute => attribute.Name.LocalName is "src" or "href" || attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.DoesNotContain("url(", text, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", text, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", text, StringComparison.Ordinal);
        // An element that HTML would take for open.
        Assert.DoesNotMatch("<(?!meta|line|rect|polyline)[a-z0-9]+[^<>]*/>", text);
    }

    [Fact]
    public void Html_has_the_same_tables_as_Markdown()
    {
        string[][] rows = [.. Page(Suite).Descendants("tbody").Elements("tr").Select(row => row.Elements("td").Select(cell => cell.Value).ToArray())];
        string text = Markdown(Suite);
        Assert.Contains(rows, row => row.SequenceEqual(Cells(text, "2")));
        Assert.Contains(rows, row => row.SequenceEqual(["Driver", "580.95"]));
        Assert.Equal(4, Page(Suite).Descendants("table").Count());
    }

    [Fact]
    public void What_a_name_has_in_it_is_text_everywhere()
    {
        const string Name = "<script>alert('x')</script> | `a` *b* [c](d) \u0007 \ud83d\ude00 \ud800";
        GenerationMeasurement run = Success(Configuration(2, OffloadMode.CondOnly, name: Name), 10, 2, Gib) with { Model = "<b>&" };
        MeasurementReport report = MeasurementReport.Of([run], title: "# <i>\nnext");
        XElement page = XElement.Parse(report.Write(ReportFormat.Html)["<!DOCTYPE html>".Length..]);
        Assert.Empty(page.Descendants("script"));
        Assert.Contains("<script>alert('x')</script> | `a` *b* [c](d) \ufffd \ud83d\ude00 \ufffd", page.Descendants("td").Select(cell => cell.Value));
        Assert.Equal("# <i>\nnext", page.Descendants("h1").Single().Value);

        string text = report.Write(ReportFormat.Markdown);
        Assert.StartsWith("# \\# \\<i\\> next\n", text, StringComparison.Ordinal);
        string row = text.Split('\n').Single(line => line.StartsWith("| 2 | ", StringComparison.Ordinal) && line.Contains("Success", StringComparison.Ordinal));
        Assert.Contains(@"\<script\>alert('x')\</script\> \| \`a\` \*b\* \[c\](d)", row, StringComparison.Ordinal);
    }

    [Fact]
    public void Charts_say_what_they_show_to_those_who_do_not_see_them()
    {
        XElement[] drawings = [.. Page(Suite).Descendants(s_svg + "svg")];
        Assert.Equal(2, drawings.Length);
        Assert.All(drawings, drawing =>
        {
            Assert.Equal("img", (string?)drawing.Attribute("role"));
            string[] labels = ((string)drawing.Attribute("aria-labelledby")!).Split(' ');
            Assert.Equal(labels, drawing.Elements().Take(2).Select(element => (string?)element.Attribute("id")));
            Assert.All(drawing.Elements().Take(2), element => Assert.NotEmpty(element.Value));
        });
        Assert.Contains("row 4 (CondOnly, VAE on CPU) reaches 7.00 GiB in 40.0 s", drawings[0].Element(s_svg + "desc")!.Value, StringComparison.Ordinal);
        Assert.Contains("row 1 (None): Out of memory.", drawings[1].Element(s_svg + "desc")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_memory_are_where_the_timeline_says()
    {
        XElement drawing = Page(Suite).Descendants(s_svg + "svg").First();
        XElement[] lines = [.. drawing.Elements(s_svg + "polyline")];
        Assert.Equal(["row 2 (CondOnly)", "row 3 (CondOnly + tiling)", "row 4 (CondOnly, VAE on CPU)"], lines.Select(line => line.Value));
        (double X, double Y)[] slow = Points(lines[2]);
        // 7 parts of three points each; the axes end at 40 s and at 12 GiB, and the budget is as high as the axis.
        Assert.Equal(21, slow.Length);
        (double left, double right, double bottom, double top) = (80, 904, 364, 16);
        Assert.Equal(left, slow[0].X, 0.1);
        Assert.Equal(left + (right - left) * 40 / 40, slow[^1].X, 0.1);
        double Height(double gib) => bottom - (bottom - top) * gib / 12.5;
        Assert.Equal(Height(7), slow.Min(point => point.Y), 0.1);
        Assert.Equal(Height(3600.0 / 1024), slow[0].Y, 0.1);
        Assert.Equal(["2", "3", "4"], drawing.Elements(s_svg + "text").Where(text => (double)text.Attribute("x")! > left && (string?)text.Attribute("text-anchor") == "start").Select(text => text.Value));
        XElement budget = Assert.Single(drawing.Elements(s_svg + "line"), line => (string?)line.Attribute("class") == "budget");
        Assert.Equal(Height(12), (double)budget.Attribute("y1")!, 0.1);
    }

    [Fact]
    public void A_budget_far_above_is_told_and_not_drawn()
    {
        XElement page = Page([Success(Configuration(1, OffloadMode.None), 10, 2, 5 * Gib)]);
        Assert.DoesNotContain(page.Descendants(), element => (string?)element.Attribute("class") == "budget");
        Assert.Contains("far above: a budget of 12.00 GiB.", page.Descendants("figcaption").First().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Bars_of_phases_are_as_long_as_the_phases()
    {
        XElement drawing = Page(Suite).Descendants(s_svg + "svg").Last();
        ILookup<string, XElement> rows = drawing.Elements(s_svg + "rect").ToLookup(bar => (string)bar.Attribute("y")!);
        // Loading has 2 s of each; failed runs show the seconds until they ended as other.
        XElement[] tiled = [.. rows.Single(row => row.Any(bar => bar.Value == "Reload 0.800 s"))];
        Assert.Equal(["Load 2.00 s", "Condition 1.00 s", "Offload 0.500 s", "Reload 0.800 s", "Steps 7.20 s", "Decode 1.00 s"], tiled.Select(bar => bar.Value));
        double[] widths = [.. tiled.Select(bar => (double)bar.Attribute("width")!)];
        Assert.Equal(2, widths[0] / widths[1], 0.05);
        Assert.Equal(7.2, widths[4] / widths[1], 0.1);
        for (int i = 1; i < tiled.Length; i++)
            Assert.Equal((double)tiled[i - 1].Attribute("x")! + widths[i - 1], (double)tiled[i].Attribute("x")!, 0.05);
        Assert.Equal(5, rows.Count);
    }

    [Fact]
    public void Nothing_measured_is_a_fault() => Assert.Throws<NothingMeasuredException>(() => MeasurementReport.Of([]));

    [Fact]
    public void Files_are_written_whole_or_not_at_all()
    {
        using var folder = new TemporaryFolder();
        MeasurementReport report = MeasurementReport.Of(Suite);
        string path = Path.Combine(folder.Path, "new", "r.md");
        ReportFile.Save(report, path, ReportFormat.Markdown, overwrite: false);
        Assert.Equal(report.Write(ReportFormat.Markdown), File.ReadAllText(path));
        Assert.Throws<ReportFileExistsException>(() => ReportFile.Save(report, path, ReportFormat.Html, overwrite: false));
        Assert.StartsWith("# ", File.ReadAllText(path), StringComparison.Ordinal);
        ReportFile.Save(report, path, ReportFormat.Html, overwrite: true);
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Throws<ReportNotWrittenException>(() => ReportFile.Save(report, folder.Path, ReportFormat.Html, overwrite: true));
        Assert.Throws<ReportNotWrittenException>(() => ReportFile.Save(report, Path.Combine(path, "below.md"), ReportFormat.Html, overwrite: true));
    }

    [Fact]
    public void Numbers_do_not_depend_on_the_language()
    {
        string expected = Markdown(Suite);
        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
        try
        {
            Assert.Equal(expected, Markdown(Suite));
            Assert.Equal(Page(Suite).ToString(), XElement.Parse(MeasurementReport.Of(Suite).Write(ReportFormat.Html)["<!DOCTYPE html>".Length..]).ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static string Markdown(IReadOnlyList<GenerationMeasurement> runs) => MeasurementReport.Of(runs).Write(ReportFormat.Markdown);

    private static XElement Page(IReadOnlyList<GenerationMeasurement> runs) => XElement.Parse(MeasurementReport.Of(runs).Write(ReportFormat.Html)["<!DOCTYPE html>".Length..]);

    private static string[] Headings(string text) => [.. text.Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..])];

    private static string Section(string text, string title) => text.Split("\n## ").Single(section => section.StartsWith(title + "\n", StringComparison.Ordinal));

    private static string[] Items(string section) => [.. section.Split('\n').Where(line => line.StartsWith("- ", StringComparison.Ordinal)).Select(line => line[2..])];

    // The cells of the first row that begins so.
    private static string[] Cells(string text, string first)
        => text.Split('\n').First(line => line.StartsWith($"| {first} |", StringComparison.Ordinal))[1..^1].Split(" |").Select(cell => cell.Trim()).ToArray();

    private static (double X, double Y)[] Points(XElement line) => [.. ((string)line.Attribute("points")!).Split(' ').Select(point => point.Split(','))
        .Select(point => (double.Parse(point[0], CultureInfo.InvariantCulture), double.Parse(point[1], CultureInfo.InvariantCulture)))];
}
