import "@fontsource-variable/geist/wght.css";
import "./styles/person.css";
